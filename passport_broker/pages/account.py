"""Somebody's own account: what they let clients do, and taking it back."""

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from passport_broker.domain import scopes
from passport_broker.identities import Identities
from passport_broker.pages.sessions import login_required
from passport_broker.provider.server import Provider
from passport_broker.store import clients


def add(pages: Blueprint, provider: Provider, identities: Identities) -> None:
    """Adds the pages."""
    parts = provider.parts

    def start() -> Any:
        return redirect(url_for("pages.account"), 303)

    @login_required
    def account() -> Any:
        given = clients.consents(parts.database, g.account.subject)
        return render_template(
            "account.html",
            consents=given,
            words=scopes.OFFERED,
            issuer=parts.issuer,
            has_password=identities.login_of(g.account) is not None,
        )

    @login_required
    def withdraw() -> Any:
        client = request.form.get("client", "")[:100]
        known = {each.client for each in clients.consents(parts.database, g.account.subject)}
        if client in known:
            parts.record("passport.withdrawn", g.account, {"client": client})
            clients.withdraw(parts.database, g.account.subject, client)
        return redirect(url_for("pages.account"), 303)

    pages.add_url_rule("/", "start", start)
    pages.add_url_rule("/account", "account", account)
    pages.add_url_rule("/account/withdraw", "withdraw", withdraw, methods=["POST"])
