"""Pages for who applies for access."""

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from governance.caller import Caller
from passport_broker.access import Access
from passport_broker.applications.due import told_to
from passport_broker.applications.errors import ApplicationInvalid
from passport_broker.domain.applications import Application, Side, Step
from passport_broker.domain.content import MEMBERS_MOST, PROJECT_LONGEST, TITLE_LONGEST
from passport_broker.pages import purposes
from passport_broker.pages.callers import caller_of
from passport_broker.pages.sessions import login_required
from passport_broker.pages.typed import LONGEST, blank, content, number, shown, typed
from passport_broker.store import accounts


class Applying:
    """What somebody does about access of their own."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._applications = access.applications

    def add(self, pages: Blueprint) -> None:
        """Adds the pages."""
        for rule, name, view, methods in (
            ("/applications", "mine", self.mine, ["GET"]),
            ("/applications/new", "new", self.new, ["GET", "POST"]),
            ("/applications/<identifier>", "one", self.one, ["GET"]),
            ("/applications/<identifier>/edit", "edit", self.edit, ["GET", "POST"]),
            ("/applications/<identifier>/submit", "submit", self.submit, ["POST"]),
            ("/applications/<identifier>/withdraw", "withdraw", self.withdraw, ["POST"]),
            ("/applications/<identifier>/renew", "renew", self.renew, ["POST"]),
        ):
            pages.add_url_rule(rule, name, login_required(view), methods=methods)

    def mine(self) -> Any:
        """One's own applications."""
        found = self._applications.mine(caller_of(self._access))
        own = [each for each, _ in found if each.applicant == g.account.subject]
        due = told_to(Side.APPLICANT, own, self._access.parts.clock())
        return render_template("access/mine.html", found=found, due=due)

    def new(self) -> Any:
        """The form of a new application; a draft once it is sent."""
        caller = caller_of(self._access)
        offered = self._applications.offered(caller)
        chosen = request.values.get("dataset", "")[:100]
        if request.method == "GET":
            return self._form(blank(self._access.parts.clock()), offered=offered, chosen=chosen)
        try:
            made = self._applications.begin(caller, chosen, content())
        except ApplicationInvalid as problem:
            return self._form(typed(), problem, offered=offered, chosen=chosen), 400
        return self._next(caller, made)

    def edit(self, identifier: str) -> Any:
        """The form of an application that is a draft or was asked back."""
        caller = caller_of(self._access)
        last = self._access.committee.see(caller, identifier).application.last
        asked = last.note if last.step is Step.ASK else ""
        if request.method == "GET":
            return self._form(shown(last.content), number=last.number, asked=asked)
        looked_at = number()
        try:
            made = self._applications.edit(caller, identifier, content(), looked_at)
        except ApplicationInvalid as problem:
            return self._form(typed(), problem, number=looked_at, asked=asked), 400
        return self._next(caller, made)

    def one(self, identifier: str) -> Any:
        """An application with its history, and what one may do with it."""
        caller = caller_of(self._access)
        seen = self._access.committee.see(caller, identifier)
        theirs, people = seen.application.applicant == g.account.subject, seen.application.people
        # Who decides has to know about whom; the others know whom they have named.
        named = accounts.named(self._access.parts.database, people) if seen.decides else {}
        sides = (Side.APPLICANT,) * theirs + (Side.COMMITTEE,) * seen.decides
        now = self._access.parts.clock()
        due = [each for side in sides for each in told_to(side, [seen.application], now).values()]
        return render_template("access/one.html", seen=seen, theirs=theirs, named=named, due=due)

    def submit(self, identifier: str) -> Any:
        """Into the committee's hands."""
        self._applications.submit(caller_of(self._access), identifier, number())
        return _to(identifier)

    def withdraw(self, identifier: str) -> Any:
        """Nothing of it any more."""
        why = request.form.get("why", "")[:LONGEST]
        self._applications.withdraw(caller_of(self._access), identifier, number(), why)
        return _to(identifier)

    def renew(self, identifier: str) -> Any:
        """A draft that takes over from it."""
        made = self._applications.renew(caller_of(self._access), identifier)
        return redirect(url_for("access.edit", identifier=made.id), 303)

    def _next(self, caller: Caller, made: Application) -> Any:
        """Submitted, where the form was sent by that button; what is missing is asked for in the form."""
        if request.form.get("then") == "submit":
            try:
                self._applications.submit(caller, made.id)
            except ApplicationInvalid as problem:
                action = url_for("access.edit", identifier=made.id)
                return self._form(typed(), problem, number=made.last.number, action=action), 400
        return _to(made.id)

    def _form(self, typed: dict[str, Any], problem: ApplicationInvalid | None = None, **about: Any) -> str:
        return render_template(
            "access/form.html",
            typed=typed,
            problem=problem,
            uses=purposes.USES,
            promises=purposes.PROMISES,
            most={"title": TITLE_LONGEST, "project": PROJECT_LONGEST, "members": MEMBERS_MOST},
            **{
                "offered": None,
                "chosen": "",
                "number": None,
                "asked": "",
                "action": request.script_root + request.path,
                **about,
            },
        )


def _to(identifier: str) -> Any:
    return redirect(url_for("access.one", identifier=identifier), 303)
