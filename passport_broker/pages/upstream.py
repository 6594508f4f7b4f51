"""Logging in at a provider of others: there, and back."""

import logging
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from database.errors import DatabaseProblem
from governance.audit.errors import CannotRecord
from passport_broker.domain.accounts import Account
from passport_broker.domain.persons import Proof
from passport_broker.limiting import TooOften
from passport_broker.pages.login import allow_return, local
from passport_broker.pages.sessions import Sessions
from passport_broker.people import People
from passport_broker.persons.errors import IdentityTaken, NotInvited
from passport_broker.provider.server import Provider
from passport_broker.provider.web import address
from passport_broker.store.errands import Errand
from passport_broker.upstream.errors import NotBegun
from passport_broker.upstream.service import Going
from serving.errors import status_of
from serving.reasons import Reason

log = logging.getLogger("insitu.upstream")

_ANSWER = ("state", "code", "iss", "error")
OUTAGES = (TooOften, CannotRecord, DatabaseProblem)
"""What every page answers alike."""


class Coming:
    """Who leaves for a provider, and who comes back from one."""

    def __init__(self, provider: Provider, sessions: Sessions, people: People) -> None:
        self._provider = provider
        self._parts = provider.parts
        self._sessions = sessions
        self._people = people

    def add(self, pages: Blueprint) -> None:
        """Adds the pages."""
        where = "/upstream/<identifier>"
        pages.add_url_rule(where, "upstream", self.leave, methods=["POST"])
        pages.add_url_rule(f"{where}/callback", "upstream_back", self.back)

    def leave(self, identifier: str) -> Any:
        """On to the provider, to log in."""
        onward = local(request.form.get("next", ""))
        self._parts.rates.leaves(address())
        # Whoever is logged in and goes there once more is to prove something, not to be waved through.
        going = Going(self._sessions.browser(), onward, anew=g.account is not None)
        try:
            chosen = self._people.upstream.providers.get(identifier)
            return leaving(chosen.name, self._people.upstream.begin(chosen, going))
        except OUTAGES:
            raise
        except Reason as reason:
            return self._login_again(reason, onward)

    def back(self, identifier: str) -> Any:
        """From the provider, with an answer that is looked at once."""
        errand = None
        try:
            answer = _answer()
            chosen = self._people.upstream.providers.get(identifier)
            errand = self._people.upstream.back(chosen, self._sessions.browser(), answer)
            proof = self._people.upstream.proof(errand, answer)
            return self._linked(errand, proof) if errand.subject else self._logged_in(errand, proof)
        except OUTAGES:
            raise
        except Reason as reason:
            said = getattr(reason, "rule", type(reason).__name__)
            log.info("a login with %s is refused: %s", identifier[:32], said)
            if errand is not None and errand.subject is not None:
                return _not_linked(reason)
            return self._login_again(reason, "" if errand is None else errand.back)

    def _logged_in(self, errand: Errand, proof: Proof) -> Any:
        account = self._people.persons.known(proof) or self._new(proof)
        self._parts.record("passport.login", account, {"provider": proof.provider})
        self._sessions.begin(account, proof.authenticated)
        onward = f"{request.script_root}{errand.back}" if errand.back else url_for("pages.account")
        return redirect(onward, 303)

    def _new(self, proof: Proof) -> Account:
        chosen = self._people.upstream.providers.get(proof.provider)
        if chosen.accounts != "open":
            raise NotInvited(proof, chosen.name)
        try:
            return self._people.persons.make(proof)
        except IdentityTaken:  # the same person, in another window, was quicker
            return self._people.persons.known(proof) or self._people.persons.make(proof)

    def _linked(self, errand: Errand, proof: Proof) -> Any:
        if g.account is None or g.account.subject != errand.subject:
            raise NotBegun
        self._people.persons.attach(g.account, proof)
        return redirect(url_for("pages.linked"), 303)

    def _login_again(self, reason: Reason, onward: str) -> Any:
        """The login page, which says what failed: with the other ways people get in as before."""
        allow_return(self._provider, onward)
        page = render_template("login.html", next=onward, failed=False, problem=reason.public)
        return page, status_of(reason)


def leaving(name: str, target: str) -> Response:
    """A page that goes on to the provider by itself: no redirect, which a form's policy would hold back."""
    answer = make_response(render_template("leaving.html", name=name, target=target))
    answer.headers["Refresh"] = f"0; url={target}"
    return answer


def _not_linked(reason: Reason) -> Any:
    """Says what failed, and leads back to the page of what is linked."""
    page = render_template("failed.html", text=reason.public, onward=url_for("pages.linked"))
    return page, status_of(reason)


def _answer() -> dict[str, str]:
    """What the provider sent along, each thing once.

    Raises:
        NotBegun: something is there twice.
    """
    given = {name: request.args.getlist(name) for name in _ANSWER if name in request.args}
    if any(len(each) > 1 for each in given.values()):
        raise NotBegun
    return {name: values[0] for name, values in given.items()}
