"""What of somebody is one: the ways to log in to an account, and other accounts of theirs."""

import logging
from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from governance.caller import Identity
from passport_broker.domain.accounts import Account
from passport_broker.identities import Identities
from passport_broker.pages.sessions import Sessions, login_required
from passport_broker.pages.upstream import OUTAGES, leaving
from passport_broker.people import People
from passport_broker.provider.parts import Parts
from passport_broker.provider.web import address
from passport_broker.upstream.service import Going
from serving.errors import status_of
from serving.reasons import Reason, Refused

log = logging.getLogger("insitu.passport")

FRESH = 600
"""Seconds for which a login counts as proof enough to change what is linked."""

_PATH = "/account/linked"


class WrongPassword(Refused):
    """Nobody may be told whether there is such an account."""

    def __init__(self) -> None:
        super().__init__("Login and password do not fit together.")


class Linking:
    """The page, and the forms on it. To change anything somebody has to have logged in just now."""

    def __init__(self, parts: Parts, sessions: Sessions, identities: Identities, people: People) -> None:
        self._parts = parts
        self._sessions = sessions
        self._identities = identities
        self._people = people

    def add(self, pages: Blueprint) -> None:
        """Adds the pages."""
        pages.add_url_rule(_PATH, "linked", login_required(self.shown))
        for name, change in {
            "provider": self.provider, "account": self.account, "detach": self.detach, "part": self.part,
        }.items():  # fmt: skip
            view = login_required(self._changing(change))
            pages.add_url_rule(f"{_PATH}/{name}", f"linked_{name}", view, methods=["POST"])

    def shown(self) -> Any:
        """The page."""
        return self._page()

    def provider(self) -> Any:
        """On to a provider, to prove to be somebody there as well."""
        chosen = self._people.upstream.providers.get(request.form.get("provider", ""))
        self._parts.rates.leaves(address())
        going = Going(self._sessions.browser(), _PATH, linking=g.account.subject, anew=True)
        return leaving(chosen.name, self._people.upstream.begin(chosen, going))

    def account(self) -> Any:
        """Another account of this site, by its login and password."""
        self._people.persons.join(g.account, self._authenticated())
        return _to_page()

    def detach(self) -> Any:
        """One way less to log in."""
        gone = Identity(request.form.get("issuer", "")[:255], request.form.get("subject", "")[:255])
        self._people.persons.detach(g.account, gone)
        return _to_page()

    def part(self) -> Any:
        """Another account is somebody else's again."""
        self._people.persons.part(g.account, request.form.get("account", "")[:255])
        return _to_page()

    def _authenticated(self) -> Account:
        login, password = request.form.get("login", "")[:200], request.form.get("password", "")
        self._parts.rates.tries_login(login.strip().lower(), address())
        found = self._identities.authenticate(login, password)
        if found is None or not self._sessions.admits(found):
            log.info("a login is refused")
            raise WrongPassword
        self._parts.rates.logged_in(login.strip().lower(), address())
        return found

    def _changing(self, change: Callable[[], Any]) -> Callable[[], Any]:
        def guarded() -> Any:
            if not self._fresh():
                return redirect(url_for("pages.login", next=_PATH), 303)
            try:
                return change()
            except OUTAGES:
                raise
            except Reason as reason:
                return self._page(reason.public), status_of(reason)

        return guarded

    def _fresh(self) -> bool:
        return bool(self._parts.now() - g.session.authenticated <= FRESH)

    def _page(self, problem: str | None = None) -> str:
        upstream, subject = self._people.upstream, g.account.subject
        return render_template(
            "linked.html",
            person=self._people.persons.of(subject),
            names={each.issuer: each.name for each in upstream.providers.provider},
            fresh=self._fresh(),
            problem=problem,
            here=_PATH,
        )


def _to_page() -> Any:
    return redirect(url_for("pages.linked"), 303)
