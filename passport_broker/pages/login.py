"""Logging in and out."""

import logging
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Blueprint, g, redirect, render_template, request, url_for

from passport_broker.identities import Identities
from passport_broker.pages.sessions import Sessions
from passport_broker.provider.server import Provider
from passport_broker.provider.web import address

log = logging.getLogger("insitu.passport")

_LONGEST = 8000


def add(pages: Blueprint, provider: Provider, identities: Identities, sessions: Sessions) -> None:
    """Adds the pages."""

    def login() -> Any:
        back = local(request.values.get("next", ""))
        allow_return(provider, back)
        if request.method != "POST":
            return render_template("login.html", next=back, failed=False)
        name, password = request.form.get("login", "")[:200], request.form.get("password", "")
        provider.parts.rates.tries_login(name.strip().lower(), address())
        account = identities.authenticate(name, password)
        if account is None or not sessions.admits(account):
            log.info("a login is refused")  # the name that was typed in may be a password
            return render_template("login.html", next=back, failed=True), 403
        provider.parts.rates.logged_in(name.strip().lower(), address())
        provider.parts.record("passport.login", account)
        sessions.begin(account)
        return redirect(f"{request.script_root}{back}" if back else url_for("pages.account"), 303)

    def logout() -> Any:
        if g.account is not None:
            provider.parts.record("passport.logout", g.account)
        sessions.end()
        return redirect(url_for("pages.login"), 303)

    pages.add_url_rule("/login", "login", login, methods=["GET", "POST"])
    pages.add_url_rule("/logout", "logout", logout, methods=["POST"])


def local(back: str) -> str:
    """Where to go after the login, within these pages (a path below our own); empty where it is elsewhere."""
    if len(back) > _LONGEST or not back.isascii() or not back.isprintable() or "\\" in back:
        return ""
    parts = urlsplit(back)
    if parts.scheme or parts.netloc or not back.startswith("/") or back.startswith("//"):
        return ""
    segments = unquote(parts.path).split("/")[1:]
    if {".", ".."} & set(segments) or "" in segments[:-1]:
        return ""  # it would climb out of these pages
    return back


def allow_return(provider: Provider, back: str) -> None:
    """Lets the form's answer lead on to the client, where it is one of ours that somebody logs in for.

    Browsers hold a form's redirects against `form-action` as well.
    """
    asked = parse_qs(urlsplit(back).query)
    client = provider.query_client(asked.get("client_id", [""])[0])
    uri = asked.get("redirect_uri", [""])[0]
    if client is not None and client.check_redirect_uri(uri):
        g.form_targets = [uri]
