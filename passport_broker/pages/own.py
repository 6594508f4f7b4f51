"""What somebody finds out about their own account, and its password."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from passport_broker.errors import AccountInvalid
from passport_broker.identities import Identities
from passport_broker.pages.sessions import Sessions, login_required
from passport_broker.people import People
from passport_broker.provider.parts import Parts
from passport_broker.provider.web import address


def add_visas(pages: Blueprint, parts: Parts, people: People) -> None:
    """Adds the page of what is asserted of somebody."""

    @login_required
    def visas() -> Any:
        found = people.desk.lasting(g.account.subject)
        return render_template("visas.html", found=found, now=parts.now(), day=_day)

    pages.add_url_rule("/account/visas", "visas", visas)


def add_password(pages: Blueprint, parts: Parts, sessions: Sessions, identities: Identities) -> None:
    """Adds the form for another password: who knows the old one gets it, and is signed out elsewhere."""

    def form(problem: str | None = None) -> str:
        return render_template("password.html", problem=problem)

    @login_required
    def password() -> Any:
        login = identities.login_of(g.account)
        if login is None:
            text = "This account has no password here: it is logged in elsewhere."
            return render_template("message.html", title="No password", text=text), 404
        if request.method != "POST":
            return form()
        parts.rates.tries_login(login, address())
        if identities.authenticate(login, request.form.get("current", "")) is None:
            return form("That is not the current password."), 403
        parts.rates.logged_in(login, address())
        fresh = request.form.get("fresh", "")
        if fresh != request.form.get("again", ""):
            return form("The new password was not typed in twice the same."), 400
        parts.record("account.password", g.account)
        try:
            identities.set_password(login, fresh)
        except AccountInvalid as problem:
            return form(f"Choose another one: {problem.public}."), 400
        sessions.begin(g.account)
        return redirect(url_for("pages.account"), 303)

    pages.add_url_rule("/account/password", "password", password, methods=["GET", "POST"])


def _day(seconds: int) -> str:
    """A day as people write it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
