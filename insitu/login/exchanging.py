"""Token exchange (RFC 8693, GA4GH AAI 1.2.1), for clients that have a secret."""

from governance.errors import shown
from insitu.exits import Exit, Stop
from insitu.login.calling import Caller
from insitu.login.kept import Login
from insitu.login.tokens import Given, ask, read

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
PASSPORT = "urn:ga4gh:params:oauth:token-type:passport"


def exchanged(calls: Caller, login: Login, token: str, audience: str) -> Given:
    """An access token of the login for another audience.

    Raises:
        Stop: a public client's login is not for that audience; says how to make it so.
        TokenRefused: the broker does not exchange it.
    """
    if login.client.secret is None:
        where = shown(audience, 200)
        raise Stop(
            f"the login at {shown(login.issuer, 200)} is not for {where}: "
            f"insitu login {shown(login.issuer, 200)} --for {where}",
            Exit.REFUSED,
        )
    return read(login.issuer, _asked(calls, login, token, ACCESS, {"audience": audience}))


def passport(calls: Caller, login: Login, token: str) -> str:
    """The passport of the login's person.

    Raises:
        Stop: the client has no secret, which AAI wants for this.
        TokenRefused: the broker gives none.
    """
    if login.client.secret is None:
        raise Stop(
            "a broker gives passports to clients with a secret only (GA4GH AAI): "
            "insitu login --client ID --secret-file FILE, or send the access token instead",
            Exit.REFUSED,
        )
    found = _asked(calls, login, token, PASSPORT, {})
    if found.get("issued_token_type") != PASSPORT:
        raise Stop(f"{shown(login.issuer, 200)} gave something else than a passport", Exit.REFUSED)
    return read(login.issuer, found, kinds=("n_a", "bearer")).access


def _asked(calls: Caller, login: Login, token: str, kind: str, also: dict[str, str]) -> dict[str, object]:
    form = {
        "grant_type": GRANT,
        "subject_token": token,
        "subject_token_type": ACCESS,
        "requested_token_type": kind,
        **also,
    }
    return dict(ask(calls, login.metadata, login.client, login.metadata.token, form))
