"""Who is at the browser: a cookie that names a session, and tokens against forged forms.

Of the cookie the database keeps a digest. Before somebody logs in the cookie only keys the tokens of forms;
with the login comes another one, so that a cookie that somebody planted is worth nothing.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from markupsafe import Markup

from passport_broker.domain import opaque
from passport_broker.domain.accounts import Account
from passport_broker.provider.parts import Parts
from passport_broker.store import sessions

FIELD = "csrf_token"
_COOKIE_LENGTH = 43

View = TypeVar("View", bound=Callable[..., Any])


class Sessions:
    """The sessions of browsers. Safe between threads: what is known of a request is in `flask.g`."""

    def __init__(self, parts: Parts, path: str) -> None:
        self._parts = parts
        issuer = urlsplit(parts.issuer)
        self._secure = issuer.scheme == "https"
        # Ports share their cookies; a name with __Host- nobody else can set, not even a neighbouring host.
        self.cookie = "__Host-insitu" if self._secure else f"insitu-{issuer.port or 80}"
        self._path = "/" if self._secure else path

    def load(self) -> None:
        """Finds out who is at the browser; for before each request."""
        given = request.cookies.get(self.cookie, "")
        g.cookie = given if len(given) == _COOKIE_LENGTH and given.isascii() else None
        g.set_cookie = None
        found = None if g.cookie is None else sessions.find(self._parts.database, opaque.kept(g.cookie))
        if found is not None and not self.admits(found.account):
            found = None
        g.session = found
        g.account = None if found is None else found.account

    def save(self, response: Response) -> Response:
        """Sends the cookie where there is a new one; for after each request."""
        if g.get("set_cookie") is not None:
            response.set_cookie(
                self.cookie, g.set_cookie, path=self._path, secure=self._secure, httponly=True, samesite="Lax"
            )
        return response

    def begin(self, account: Account, since: int | None = None) -> None:
        """Somebody has logged in, now or `since` then: a new session, and the end of the one before."""
        before = None if g.cookie is None else opaque.kept(g.cookie)
        cookie = self._new_cookie()
        hours = self._parts.settings.session_hours
        kept = opaque.kept(cookie)
        sessions.begin(self._parts.database, kept, before, account.subject, hours=hours, since=since)

    def admits(self, account: Account) -> bool:
        """Whether that account may be used from where somebody is: a demonstration's on this machine."""
        return account.kind != "demonstration" or (self._parts.loopback and _is_loopback(request.remote_addr))

    def browser(self) -> bytes:
        """What is kept of this browser's cookie."""
        return opaque.kept(g.cookie or self._new_cookie())

    def end(self) -> None:
        """Somebody has logged out."""
        if g.cookie is not None:
            sessions.end(self._parts.database, opaque.kept(g.cookie))
        self._new_cookie()
        g.session = g.account = None

    def token(self) -> str:
        """What a form of this browser has to bring along."""
        return self._token(g.cookie or self._new_cookie())

    def field(self) -> Markup:
        """The hidden field of a form."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, self.token())

    def forged(self) -> bool:
        """Whether a form was not sent from a page that we gave to this browser."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return True
        given = request.form.get(FIELD, "")
        return g.cookie is None or not hmac.compare_digest(given.encode(), self._token(g.cookie).encode())

    def _token(self, cookie: str) -> str:
        return hmac.new(self._parts.secret, f"form\n{cookie}".encode(), hashlib.sha256).hexdigest()

    def _new_cookie(self) -> str:
        g.cookie = g.set_cookie = opaque.new()
        return str(g.cookie)


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def login_required(view: View) -> View:
    """A page for people who are logged in; others log in first, and come back to it."""

    @wraps(view)
    def guarded(*arguments: Any, **named: Any) -> Any:
        if g.account is None:
            back = request.full_path if request.method == "GET" else request.path
            return redirect(url_for("pages.login", next=back.rstrip("?")), 303)
        return view(*arguments, **named)

    return guarded  # type: ignore[return-value]
