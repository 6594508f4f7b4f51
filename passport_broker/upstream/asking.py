"""Calls of a provider's token endpoint and UserInfo, and what people are called there."""

import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from governance.keys.errors import Unfetched
from governance.keys.fetching import Fetched, Http
from governance.passport.exchanging import basic, error_code
from passport_broker.domain.accounts import checked_person
from passport_broker.errors import AccountInvalid
from passport_broker.upstream.endpoints import Endpoints
from passport_broker.upstream.errors import ProofRefused, ProviderAway
from passport_broker.upstream.providers import Provider

Value = TypeVar("Value")

log = logging.getLogger("insitu.upstream")

_JSON = {"accept": "application/json"}


class Asking:
    """Asks providers. Safe between threads."""

    def __init__(self, http: Http, endpoints: Endpoints) -> None:
        self._http = http
        self._endpoints = endpoints

    def find(self, provider: Provider, name: str) -> str:
        """The address of an endpoint.

        Raises:
            ProviderAway, ProofRefused: it is not known.
        """
        return _tried(provider, "OpenID configuration", lambda: self._endpoints.find(provider, name))

    def names_itself(self, provider: Provider) -> bool:
        """Whether its answers always say whose they are.

        Raises:
            ProviderAway, ProofRefused: that is not known.
        """
        return _tried(provider, "OpenID configuration", lambda: self._endpoints.names_itself(provider))

    def tokens(self, provider: Provider, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """What the token endpoint gives for a code (RFC 6749 4.1.3, RFC 7636 4.5).

        Raises:
            ProviderAway, ProofRefused: it gives nothing.
        """
        address, headers = self.find(provider, "token_endpoint"), dict(_JSON)
        secret = "" if provider.secret is None else provider.secret.get_secret_value()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        if provider.authentication == "basic":
            headers |= basic(provider.client_id, secret)
        else:
            form["client_id"] = provider.client_id
        if provider.authentication == "post":
            form["client_secret"] = secret
        what = "token endpoint"
        answer = _tried(provider, what, lambda: self._http.post(address, form, headers))
        return _object(provider, what, answer)

    def userinfo(self, provider: Provider, access_token: str, subject: str) -> dict[str, Any]:
        """What UserInfo says of the person, who is the one of that subject (OpenID Connect Core 5.3.2).

        Raises:
            ProviderAway, ProofRefused: it says nothing, or is about somebody else.
        """
        address, what = self.find(provider, "userinfo_endpoint"), "UserInfo"
        headers = _JSON | {"authorization": f"Bearer {access_token}"}
        said = _object(provider, what, _tried(provider, what, lambda: self._http.get(address, headers)))
        if said.get("sub") != subject:
            raise ProofRefused(provider, "userinfo", "its UserInfo is about somebody else")
        return said


def person_in(provider: Provider, claims: dict[str, Any]) -> tuple[str | None, str | None]:
    """The name and the email address to show of somebody; None where the provider has none that fits."""
    name = _text(claims, provider.name_claim)
    if name is None:  # some keep a name in two parts only
        parts = [_text(claims, each) for each in ("given_name", "family_name")]
        name = " ".join(each for each in parts if each) or None
    return _fitting(name, None)[0], _fitting(None, _text(claims, provider.email_claim))[1]


def _fitting(name: str | None, email: str | None) -> tuple[str | None, str | None]:
    try:
        return checked_person(name, email)
    except AccountInvalid:
        return None, None


def _text(claims: dict[str, Any], name: str) -> str | None:
    found = claims.get(name)
    return found if isinstance(found, str) else None


def _object(provider: Provider, what: str, answer: Fetched) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise ProofRefused(provider, "answer", f"its {what} answered with something that is no JSON object")
    return said


def _tried(provider: Provider, what: str, call: Callable[[], Value]) -> Value:
    try:
        return call()
    except Unfetched as error:
        code = error_code(error)
        said = error.why + (f" ({code})" if code else "")
        # A server that is down mends itself; a call that it turns down may wait for the operator.
        level = logging.WARNING if error.down or code == "invalid_grant" else logging.ERROR
        log.log(level, "a login with %s fails: its %s %s", provider.id, what, said)
        if error.down:
            raise ProviderAway(provider, what, error.why) from error
        raise ProofRefused(provider, "answer", f"its {what} {said}") from error
