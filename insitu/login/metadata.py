"""Where a broker answers, by its own discovery document (OpenID Connect Discovery 4, RFC 8628 4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from governance.errors import shown
from governance.keys.urls import origin, problem_with
from insitu.exits import Exit, Stop
from insitu.login.calling import Caller, Elsewhere
from insitu.login.documents import json_object

OURS = "/passport"
"""Where an Insitu site has its broker."""

_OK = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """A broker's endpoints, all on the issuer's own server. `basic`: clients authenticate by HTTP Basic."""

    issuer: str
    token: str
    device: str
    userinfo: str
    revocation: str | None
    basic: bool = True


def issuers_at(url: str) -> Iterator[str]:
    """The issuers that an address may mean: of a bare `https://host` that of an Insitu site first.

    Raises:
        Stop: it is no address that may be called.
    """
    if problem := problem_with(url):
        raise Stop(f"{shown(url, 200)} {problem}", Exit.USAGE)
    if urlsplit(url).path in ("", "/"):
        yield url.rstrip("/") + OURS
    yield url


def discovered(url: str, calls: Caller) -> Metadata:
    """The broker at an address, which is an issuer or the site whose broker is meant.

    Raises:
        Stop: there is none, or one that cannot be used; says why.
    """
    missing: Stop | None = None
    for issuer in issuers_at(url):
        try:
            return _at(issuer, calls)
        except _NoneThere as error:
            missing = error
    raise missing or Stop(f"{shown(url, 200)} is no broker")


def checked(metadata: Metadata) -> Metadata:
    """The metadata, where each endpoint is one that tokens may be sent to.

    Raises:
        Stop: one is not.
    """
    for name in ("token", "device", "userinfo", "revocation"):
        url = getattr(metadata, name)
        if url is None:
            continue
        if problem := problem_with(url):
            raise Stop(f"the {name} endpoint of {shown(metadata.issuer, 200)} {problem}", Exit.REFUSED)
        if origin(url) != origin(metadata.issuer):
            raise Stop(
                f"{shown(metadata.issuer, 200)} names a {name} endpoint on another server "
                f"({shown(url, 200)}): no token is sent there",
                Exit.REFUSED,
            )
    return metadata


class _NoneThere(Stop):
    """There is no discovery document."""


def _at(issuer: str, calls: Caller) -> Metadata:
    url = issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        answer = calls.call("GET", url)
    except Elsewhere as error:
        raise _NoneThere(error.public, error.code) from error
    if answer.status != _OK:
        raise _NoneThere(f"{shown(issuer, 200)} is no broker: {shown(url, 200)} answered {answer.status}")
    found = json_object(answer.content)
    named = found.get("issuer")
    if named != issuer:
        raise Stop(
            f"{shown(url, 200)} is of another issuer, {shown(str(named), 200)}: "
            "if that is whom you mean, log in there",
            Exit.REFUSED,
        )
    return checked(_of(issuer, found))


def _of(issuer: str, found: Mapping[str, Any]) -> Metadata:
    for each in ("token_endpoint", "device_authorization_endpoint", "userinfo_endpoint"):
        if not isinstance(found.get(each), str):
            raise Stop(f"{shown(issuer, 200)} publishes no {each}: command lines cannot log in", Exit.REFUSED)
    revocation = found.get("revocation_endpoint")
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        issuer,
        token=found["token_endpoint"],
        device=found["device_authorization_endpoint"],
        userinfo=found["userinfo_endpoint"],
        revocation=revocation if isinstance(revocation, str) else None,
        basic=not isinstance(methods, list) or "client_secret_basic" in methods,
    )
