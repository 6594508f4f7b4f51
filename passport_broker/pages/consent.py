"""The authorization endpoint (RFC 6749, 4.1.1): who somebody is, what they allow, and the way back."""

from typing import Any
from urllib.parse import urlencode

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from authlib.oidc.core.errors import (
    ConsentRequiredError,
    LoginRequiredError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)
from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from passport_broker.domain import scopes
from passport_broker.pages.expected import login_again, other_person
from passport_broker.provider.asked import check_plain
from passport_broker.provider.entities import User
from passport_broker.provider.server import Provider
from passport_broker.provider.web import NAME
from passport_broker.store import clients

_PLAINLY = {
    "unsupported_response_type": "response_type must be code.",
    "invalid_client": "client_id names no client of this broker.",
}


def add(pages: Blueprint, provider: Provider) -> None:
    """Adds the pages."""

    def authorize() -> Any:
        return _guarded(provider, lambda grant: _asked(provider, grant))

    def consent() -> Any:
        if set(request.form) - {"csrf_token", "decision", "keep"}:
            return _page(InvalidRequestError("The form holds more than it should."))
        return _guarded(provider, lambda grant: _decided(provider, grant))

    pages.add_url_rule("/authorize", "authorize", authorize)
    pages.add_url_rule("/consent", "consent", consent, methods=["POST"])


def add_posted(web: Blueprint) -> None:
    """Lets clients POST their authorization requests (OpenID Connect Core 3.1.2.1): a GET all the same."""

    def posted() -> Any:
        asked = urlencode([pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"])
        return redirect(f"{url_for('pages.authorize')}?{asked}", 303)

    web.add_url_rule("/authorize", "authorize", posted, methods=["POST"])


def _guarded(provider: Provider, answer: Any) -> Any:
    """The answer to a valid request; to another an error, where it is safe by way of the client."""
    user = None if g.account is None else User(g.account, g.session.authenticated)
    try:
        check_plain(request.args)
        grant = provider.get_consent_grant(end_user=user)
        _check_extras(grant.redirect_uri)
        made = answer(grant)
    except ValueError:  # Authlib's, of an error text with characters that none may hold
        return _page(InvalidRequestError("The request cannot be understood."))
    except OAuth2Error as error:
        if not error.redirect_uri:
            return _page(error)
        error.state = request.args.get("state")
        back = add_params_to_uri(error.redirect_uri, [*error.get_body(), ("iss", provider.parts.issuer)])
        return redirect(back, 303)
    if isinstance(made, Response) and made.status_code == 302:
        made.status_code = 303  # with which no browser sends a form on (RFC 9700, 4.12)
    return made


def _asked(provider: Provider, grant: Any) -> Any:
    """The consent page; without it where the person lets the same client have all of that each time."""
    prompts = (request.args.get("prompt") or "").split()
    other = other_person(provider, grant)
    if grant.request.user is None or other or login_again(provider, grant, prompts):
        if "none" in prompts:
            raise LoginRequiredError(redirect_uri=grant.redirect_uri)
        return _to_login()
    client, allowed = grant.request.client.registered, scopes.words(grant.request.scope)
    wanted = (g.account.subject, client.id, allowed, grant.request.audiences)
    # Whoever takes a public client's place looks just like it: there the person is asked each time.
    known = not client.public and clients.consented(provider.parts.database, *wanted)
    if known and "consent" not in prompts:
        return _granted(provider, grant)
    if "none" in prompts:
        raise ConsentRequiredError(redirect_uri=grant.redirect_uri)
    g.form_targets = [grant.redirect_uri]
    return render_template(
        "consent.html",
        client=client,
        wanted=[scopes.OFFERED.get(each, each) for each in allowed],
        audiences=grant.request.audiences,
        target=grant.redirect_uri,
        action=f"{url_for('pages.consent')}?{request.query_string.decode('ascii', 'replace')}",
    )


def _decided(provider: Provider, grant: Any) -> Any:
    """Back to the client, with a code or without."""
    if grant.request.user is None or other_person(provider, grant):
        return _to_login()
    if request.form.get("decision") != "allow":
        return provider.create_authorization_response(grant=grant, request=grant.request, grant_user=None)
    client, allowed = grant.request.client.registered, scopes.words(grant.request.scope)
    keep = request.form.get("keep") == "yes" and not client.public
    said = {"client": client.id, "scopes": list(allowed), "audiences": list(grant.request.audiences)}
    provider.parts.record("passport.consented", g.account, said | {"kept": keep})
    given = (g.account.subject, client.id, allowed, grant.request.audiences)
    clients.consent(provider.parts.database, *given, keep=keep)
    return _granted(provider, grant)


def _granted(provider: Provider, grant: Any) -> Any:
    return provider.create_authorization_response(
        grant=grant, request=grant.request, grant_user=grant.request.user
    )


def _to_login() -> Any:
    """To the login, and back here without asking for it again."""
    asked = [pair for pair in request.args.items(multi=True) if pair[0] != "prompt"]
    rest = [each for each in (request.args.get("prompt") or "").split() if each == "consent"]
    asked += [("prompt", each) for each in rest]
    return redirect(url_for("pages.login", next=f"/authorize?{urlencode(asked)}"), 303)


def _check_extras(redirect_uri: str) -> None:
    """Refuses what would change the meaning of a request and is not done here."""
    for name, error in (("request", RequestNotSupportedError), ("request_uri", RequestURINotSupportedError)):
        if name in request.args:
            raise error(redirect_uri=redirect_uri)
    if request.args.get("response_mode", "query") != "query":
        raise InvalidRequestError("response_mode must be query.", redirect_uri=redirect_uri)


def _page(error: OAuth2Error) -> Any:
    """An error that the person sees, for nobody knows whether the way back is safe."""
    said = _PLAINLY.get(error.error) or error.get_error_description() or error.error
    text = "The program that sent you here asks for something that cannot be done. Nothing was told to it."
    detail = f"For its makers: {error.error}. {said}"
    return render_template("message.html", title="This cannot be done", text=text, detail=detail), 400


__all__ = ["NAME", "add", "add_posted"]
