"""Calls to brokers and sites, with bounds on all they send. No redirect is followed, no cookie kept."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol

import httpx

from governance.errors import shown
from governance.keys.errors import Unfetched
from governance.keys.servers import Server
from governance.keys.urls import problem_with
from governance.keys.watching import Watch
from insitu.exits import Exit, Stop

BROKER_SECONDS, BROKER_SIZE = 20.0, 1_048_576
SITE_SECONDS, SITE_SIZE = 120.0, 200_000_000

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the status, and the body, of which nothing is shown by accident."""

    status: int
    content: bytes = field(repr=False)


class Unreached(Stop):
    """A server could not be asked, or not to the end."""


class Elsewhere(Stop):
    """A server answered with a redirect."""


class Caller(Protocol):
    """What brokers and sites are called by."""

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """What the address answers, whatever its status.

        Raises:
            Stop: the address is none that may be called.
            Elsewhere: it sends us elsewhere.
            Unreached: no whole answer came in the time and size there is.
        """


class Calls:
    """Each call takes at most `seconds` in all and `size` bytes.

    Proxies and certificate authorities are those of the environment (`HTTPS_PROXY`, `SSL_CERT_FILE`); this
    machine is never asked through a proxy.
    """

    def __init__(self, seconds: float = BROKER_SECONDS, size: int = BROKER_SIZE) -> None:
        self._seconds = seconds
        self._size = size

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """As `Caller.call`."""
        if problem := problem_with(url.partition("?")[0]):
            raise Stop(f"{shown(url, 200)} {problem}", Exit.USAGE)
        sent = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
        request = {"headers": sent, "data": form, "content": body}
        try:
            server = Server(self._seconds, at_once=1, rest=0.0)
            return server.call(lambda watch: self._asked(method, url, request, watch))
        except Unfetched as error:
            raise Unreached(f"{_place(url)} {error.why}") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
            raise Unreached(f"{_place(url)} cannot be reached ({_why(error)})") from error

    def _asked(self, method: str, url: str, request: Mapping[str, Any], watch: Watch) -> Answer:
        with _client(self._seconds) as client:
            extensions = {"trace": watch.trace}
            with client.stream(method, url, extensions=extensions, **request) as response:
                if response.is_redirect:
                    why = "sends us elsewhere, and no redirect is followed: name the other address"
                    raise Elsewhere(f"{_place(url)} {why}", Exit.REFUSED)
                return Answer(response.status_code, self._read(url, response))

    def _read(self, url: str, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unreached(f"{_place(url)} answered in an encoding that was not asked for")
        content = bytearray()
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > self._size:
                raise Unreached(f"{_place(url)} answered more than {self._size:,} bytes")
        return bytes(content)


def _client(seconds: float) -> httpx.Client:
    return httpx.Client(
        timeout=seconds,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        mounts={f"all://{host}": None for host in _LOOPBACK},
        headers={"user-agent": "insitu"},
    )


def _place(url: str) -> str:
    """The address for a message: without its parameters."""
    return shown(url.partition("?")[0], 200)


def _why(error: Exception) -> str:
    """What went wrong, in the library's word; TLS says more, for its remedy is with the person."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate does not hold: {shown(cause.verify_message, 100)}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
