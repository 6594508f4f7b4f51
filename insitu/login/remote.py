"""Calls to a site with the login's token for it, or as nobody where there is no login for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from governance.errors import shown
from governance.keys.urls import problem_with
from insitu.exits import Exit, Stop
from insitu.login.calling import SITE_SECONDS, SITE_SIZE, Answer, Caller, Calls, Unreached
from insitu.login.choosing import audience_of, login_for, site_of
from insitu.login.documents import json_object, said
from insitu.login.kept import Login
from insitu.login.session import Session

_TURNED_DOWN, _SERVER_ERROR = (401, 403), 500


@dataclass(frozen=True, slots=True)
class Access:
    """How somebody asks: by which login and for which audience, where that is not plain; or as nobody."""

    broker: str | None = None
    audience: str | None = None
    anonymous: bool = False


class Refused(Stop):
    """A site said no: with this HTTP status and in these words."""

    def __init__(self, status: int, words: str, body: Mapping[str, Any]) -> None:
        super().__init__(words, Exit.REFUSED)
        self.status = status
        self.body = body


class Remote:
    """A site at an address. `login` is None where it is asked as nobody."""

    def __init__(
        self, url: str, access: Access, session: Session | None = None, calls: Caller | None = None
    ) -> None:
        self._session = session or Session()
        self._calls = calls or Calls(SITE_SECONDS, SITE_SIZE)
        self.site = site_of(url)
        self.login: Login | None = None
        self._audience = ""
        if not access.anonymous:
            self.login = login_for(self._session.keeping, url, access.broker)
        if self.login is not None:
            self._audience = _named(access.audience, self.site) or audience_of(self.login, url)

    def known(self) -> "Remote":
        """The site, where there is a login for it.

        Raises:
            Stop: there is none.
        """
        if self.login is None:
            raise Stop(f"there is no login for {self.site}: insitu login {self.site}", Exit.REFUSED)
        return self

    def json(
        self, method: str, url: str, *, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What it answers, where it does.

        Raises:
            Refused: it says no.
            Unreached: it cannot be asked, or is out of order.
        """
        if site_of(url) != self.site:
            raise Stop(f"{shown(url, 200)} is not at {self.site}", Exit.USAGE)
        asked = f"{url}?{urlencode(query, doseq=True)}" if query else url
        answer = self._asked(method, asked, None if body is None else json.dumps(body).encode())
        found = json_object(answer.content)
        if answer.status < 300 and found:
            return found
        if answer.status < 300:
            raise Unreached(f"{shown(url, 200)} did not answer in JSON: is that its address?")
        raise self._problem(url, answer.status, found)

    def _asked(self, method: str, url: str, body: bytes | None) -> Answer:
        """The answer; where a token that was used before is turned down, that to a new one.

        The old one may have been taken back, and the site may not know yet what its person was granted since.
        """
        if self.login is None:
            return self._sent(method, url, body, None)
        token = self._session.token(self.login, self._audience)
        used = any(each.token == token for each in self.login.access.values())
        answer = self._sent(method, url, body, token)
        if answer.status in _TURNED_DOWN and used:
            fresh = self._session.token(self.login, self._audience, fresh=True)
            answer = self._sent(method, url, body, fresh)
        return answer

    def _sent(self, method: str, url: str, body: bytes | None, token: str | None) -> Answer:
        headers = {} if body is None else {"content-type": "application/json"}
        if token is None:
            return self._calls.call(method, url, headers=headers, body=body)
        headers["authorization"] = f"Bearer {token}"
        answer = self._calls.call(method, url, headers=headers, body=body)
        # Who sends the token back does not have it shown.
        return Answer(answer.status, answer.content.replace(token.encode(), b"***"))

    def _problem(self, url: str, status: int, found: Mapping[str, Any]) -> Stop:
        words = said(_words(found))
        if status >= _SERVER_ERROR:
            return Unreached(f"{self.site} is out of order just now ({status}){words and ': ' + words}")
        where = shown(url, 200)
        return Refused(status, words or f"{where} answered {status}", found)


def _named(audience: str | None, site: str) -> str | None:
    """The audience that somebody names for a site.

    Raises:
        Stop: it is the address of another one, which could use the token there.
    """
    if audience is not None and problem_with(audience) is None and site_of(audience) != site:
        raise Stop(f"a token for {shown(audience, 200)} is not sent to {site}", Exit.USAGE)
    return audience


def _words(found: Mapping[str, Any]) -> Any:
    """What a site says of its refusal, in the ways of the standards and of our own admin API."""
    error = found.get("error")
    if isinstance(error, dict):
        return error.get("errorMessage")
    return error or found.get("detail") or found.get("msg") or found.get("message")
