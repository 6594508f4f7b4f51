"""Fetching small documents from other servers, with bounds on everything they send.

Callers pass only addresses that the site's own files name. No redirect is followed, no cookie kept, nothing
decompressed, and no connection outlives its time, however slowly the other side drips.
"""

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from governance.keys.errors import Unfetched
from governance.keys.servers import Server
from governance.keys.urls import origin, problem_with
from governance.keys.watching import Watch

OK = 200
BODY_LONGEST = 4_000  # bytes of an error's body that are read
_TRY_AGAIN = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: the bytes, and their media type in lower case without parameters."""

    content: bytes
    media_type: str


class Http:
    """Calls that take at most `seconds` and `size` bytes, `at_once` to one server. Safe between threads.

    A server that takes longer gets its `rest`, see `Server`. Proxies and certificate authorities are those of
    the environment (`HTTPS_PROXY`, `SSL_CERT_FILE`); this machine is never asked through a proxy.
    """

    def __init__(
        self, *, seconds: float = 5.0, size: int = 1_048_576, at_once: int = 4, rest: float = 1.0
    ) -> None:
        self._seconds = seconds
        self._size = size
        self._at_once = at_once
        self._rest = rest
        self._lock = threading.Lock()
        self._servers: dict[tuple[str, str, int], Server] = {}
        self._client: httpx.Client | None = None

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """What the address answers.

        Raises:
            Unfetched: it does not, or not with 200, or too much, or too slowly.
        """
        return self._call("GET", url, headers or {}, None)

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Fetched:
        """What the address answers to a form.

        Raises:
            Unfetched: as `get`.
        """
        return self._call("POST", url, headers, form)

    def close(self) -> None:
        """Frees what the calls have left; idempotent."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> Fetched:
        if problem := problem_with(url):
            raise Unfetched(f"the address {problem}", down=False)
        return self._server(url).call(lambda watch: self._tried(method, url, headers, form, watch))

    def _tried(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        watch: Watch,
    ) -> Fetched:
        try:
            return self._read(method, url, headers, form, watch)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
            raise Unfetched(f"cannot be reached ({type(error).__name__})", down=True) from error

    def _read(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        watch: Watch,
    ) -> Fetched:
        sent = {"accept-encoding": "identity", **headers}
        extensions = {"trace": watch.trace}
        with self._open().stream(method, url, headers=sent, data=form, extensions=extensions) as response:
            _check(response)
            content = bytearray()
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > self._size:
                    raise Unfetched(f"answered more than {self._size} bytes", down=False)
        media_type = response.headers.get("content-type", "").partition(";")[0]
        return Fetched(bytes(content), media_type.strip().lower())

    def _server(self, url: str) -> Server:
        with self._lock:
            place = origin(url)
            if place not in self._servers:
                self._servers[place] = Server(self._seconds, self._at_once, self._rest)
            return self._servers[place]

    def _open(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    timeout=self._seconds,
                    follow_redirects=False,
                    limits=httpx.Limits(max_keepalive_connections=0),
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                    mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
                    headers={"user-agent": "insitu"},
                )
            return self._client


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_redirect:
        raise Unfetched("sends us elsewhere, and this site does not follow", down=False, status=status)
    if status != OK:
        down = status >= 500 or status in _TRY_AGAIN
        raise Unfetched(f"answered {status}", down=down, status=status, body=_beginning(response))
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unfetched("answered in an encoding that was not asked for", down=False)


def _beginning(response: httpx.Response) -> bytes:
    """The first bytes of what an error says of itself; none where that fails."""
    content = bytearray()
    with contextlib.suppress(httpx.HTTPError):
        for chunk in response.iter_raw():
            content += chunk
            if len(content) >= BODY_LONGEST:
                break
    return bytes(content[:BODY_LONGEST])
