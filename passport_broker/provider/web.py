"""The endpoints that programs call: token, UserInfo, introspection, revocation, devices, and the metadata."""

import ipaddress
from collections.abc import Callable
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Blueprint, Response, jsonify, request

from passport_broker.limiting import TooOften
from passport_broker.provider.asked import TooOftenError, check_form, claimed
from passport_broker.provider.checking import held
from passport_broker.provider.openid import configuration, userinfo
from passport_broker.provider.server import Provider

NAME = "oauth"
"""The name of the blueprint: its endpoints take no cookies, and so no CSRF tokens either."""

CACHED_SECONDS = 60
PUBLISHED = {"Cache-Control": f"public, max-age={CACHED_SECONDS}", "Access-Control-Allow-Origin": "*"}
"""Headers of what anybody may read, from any page, and keep for a minute."""

_UNCACHED = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}


def endpoints(provider: Provider) -> Blueprint:
    """The endpoints of the provider."""
    web, parts = Blueprint(NAME, __name__), provider.parts

    def metadata() -> Response:
        return _published(configuration(parts))

    def jwks() -> Response:
        return _published(parts.signing.jwks())

    def token() -> Response:
        return _of_client(provider, provider.create_token_response)

    def introspect() -> Response:
        return _of_client(provider, lambda: provider.create_endpoint_response("introspection"))

    def revoke() -> Response:
        return _of_client(provider, lambda: provider.create_endpoint_response("revocation"))

    def device() -> Response:
        return _of_client(provider, lambda: provider.create_endpoint_response("device_authorization"))

    def about_user() -> Response:
        return _userinfo(provider)

    for path in ("openid-configuration", "oauth-authorization-server"):
        web.add_url_rule(f"/.well-known/{path}", path, metadata)
    web.add_url_rule("/jwks", "jwks", jwks)
    web.add_url_rule("/userinfo", "userinfo", about_user, methods=["GET", "POST"])
    for name, view in {
        "token": token, "introspect": introspect, "revoke": revoke, "device_authorization": device,
    }.items():  # fmt: skip
        web.add_url_rule(f"/{name}", name, view, methods=["POST"])
    return web


def address() -> str:
    """Where the request comes from; behind a proxy, as far as the proxy is trusted to say so.

    Of IPv6 the network: whoever has one address there has all of it.
    """
    given = request.remote_addr or ""
    try:
        found = ipaddress.ip_address(given)
    except ValueError:
        return given
    if found.version == 4:
        return given
    if found.ipv4_mapped is not None:  # what a socket for both kinds calls an address of the old one
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _published(document: dict[str, Any]) -> Response:
    """What anybody may read, and keep for a minute."""
    answer = jsonify(document)
    answer.headers.update(PUBLISHED)
    return answer


def _of_client(provider: Provider, answer: Callable[[], Any]) -> Response:
    """The answer to a client, unless it asks too often or not as one asks."""
    rates = provider.parts.rates
    try:
        rates.asks_for_token(address())
        authorization = request.headers.get("Authorization")
        check_form(request.form, request.args, authorization)
        client = claimed(request.form, authorization)
        rates.check_client(address(), client)
    except TooOften as error:
        made: Response = provider.handle_error_response(None, TooOftenError(error.public))
        made.headers["Retry-After"] = str(error.seconds)
    except OAuth2Error as error:
        made = provider.handle_error_response(None, error)
    else:
        made = answer()
        if made.status_code != 200 and b'"invalid_client"' in made.get_data():
            rates.failed_client(address(), client)
    made.headers.update(_UNCACHED)
    return made


def _userinfo(provider: Provider) -> Response:
    """About the person of an access token (RFC 6750 says how it is refused)."""
    parts = provider.parts
    parts.rates.asks_for_token(address())
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return _refused(401, "Bearer")
    found = held(parts, token.strip())
    if found is None or found.family.account is None:
        return _refused(401, 'Bearer error="invalid_token"', "invalid_token")
    if "openid" not in found.scopes:
        return _refused(403, 'Bearer error="insufficient_scope", scope="openid"', "insufficient_scope")
    made = jsonify(userinfo(parts, found))
    made.headers.update(_UNCACHED)
    return made


def _refused(status: int, challenge: str, error: str | None = None) -> Response:
    made = jsonify({"error": error} if error else {})
    made.status_code = status
    made.headers["WWW-Authenticate"] = challenge
    return made
