"""A login through its life: begun, refreshed by itself, used for this and that audience, ended."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from governance.errors import shown
from insitu.exits import Exit, Stop
from insitu.login import device
from insitu.login.beginning import Wanted, end_of, made
from insitu.login.calling import Caller, Calls
from insitu.login.exchanging import exchanged
from insitu.login.keeping import Keeping
from insitu.login.kept import Access, Login
from insitu.login.metadata import Metadata
from insitu.login.tokens import Given, TokenRefused, ask, read

MARGIN = 5  # seconds before its end from which on a token is not used any more


class Session:
    """The logins of this user. `clock` gives Unix time, `sleep` waits for seconds."""

    def __init__(
        self,
        keeping: Keeping | None = None,
        calls: Caller | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.keeping = keeping or Keeping()
        self.calls = calls or Calls()
        self._clock = clock
        self._sleep = sleep

    def log_in(self, metadata: Metadata, wanted: Wanted, tell: Callable[[device.Code], object]) -> Login:
        """A new login in the place of the one before; `tell` gets what somebody has to type in, and where.

        Raises:
            TokenRefused, Stop: it was not allowed, or the broker's answers cannot be used.
        """
        code = device.begin(self.calls, metadata, wanted.client, wanted.scopes, wanted.audiences)
        tell(code)
        given = device.wait(self.calls, metadata, wanted.client, code, sleep=self._sleep)
        login = made(metadata, wanted, given, int(self._clock()))
        with self.keeping.locked(metadata.issuer):
            before = self.keeping.of(metadata.issuer)
            self.keeping.keep(login)
        if before is not None:
            self._revoked(before)
        return login

    def token(self, login: Login, audience: str | None = None, *, fresh: bool = False) -> str:
        """An access token for an audience, the login's first if none is named; a new one where `fresh`.

        Two commands at once get theirs one after the other, for each refresh token is good for once.

        Raises:
            Stop: the login is not for that audience, or has ended.
        """
        wanted = audience if audience is not None else next(iter(login.audiences), "")
        if not fresh and (held := self._held(login, wanted)):
            return held
        with self.keeping.locked(login.issuer):
            current = self.keeping.of(login.issuer)
            if current is None:
                raise Stop(f"there is no login at {shown(login.issuer, 200)} any more", Exit.REFUSED)
            newer = current.access.get(wanted) != login.access.get(wanted)  # somebody else was quicker
            if (not fresh or newer) and (held := self._held(current, wanted)):
                return held
            with _undisturbed():
                return self._renewed(current, wanted)

    def log_out(self, issuer: str) -> bool:
        """The login is not kept any more. False where the broker could not be told to end it.

        Raises:
            Stop: there is no such login.
        """
        with self.keeping.locked(issuer):
            login = self.keeping.of(issuer)
            if login is None:
                raise Stop(f"there is no login at {shown(issuer, 200)}", Exit.REFUSED)
            told = self._revoked(login)
            self.keeping.drop(issuer)
        return told

    def _held(self, login: Login, audience: str) -> str | None:
        found = login.access.get(audience)
        return found.token if found is not None and found.ends > self._clock() + MARGIN else None

    def _renewed(self, login: Login, audience: str) -> str:
        """A new token: by refresh for whom the login is for, else by exchange."""
        if audience and audience not in login.audiences:
            login, own = self._refreshed(login, next(iter(login.audiences), ""))
            given = exchanged(self.calls, login, own, audience)
            self._kept_with(login, audience, given)
            return given.access
        return self._refreshed(login, audience)[1]

    def _refreshed(self, login: Login, audience: str) -> tuple[Login, str]:
        if login.refresh is None:
            if held := self._held(login, audience):
                return login, held
            raise _ended(login)
        form = {"grant_type": "refresh_token", "refresh_token": login.refresh}
        if audience:
            form["resource"] = audience
        try:
            found = ask(self.calls, login.metadata, login.client, login.metadata.token, form)
        except TokenRefused as error:
            if error.error != "invalid_grant":
                raise
            self.keeping.drop(login.issuer)
            raise _ended(login) from error
        given = read(login.issuer, found)
        return self._kept_with(login, audience, given), given.access

    def _kept_with(self, login: Login, audience: str, given: Given) -> Login:
        """The login, kept with a new token and whatever came along, before anybody uses it."""
        now = int(self._clock())
        known = {name: each for name, each in login.access.items() if each.ends > now}
        newer = replace(
            login,
            refresh=given.refresh or login.refresh,
            ends=end_of(given, now) if given.refresh_seconds else login.ends,
            access={**known, audience: Access(given.access, now + given.seconds)},
        )
        self.keeping.keep(newer)
        return newer

    def _revoked(self, login: Login) -> bool:
        """Whether the broker ended it: with the refresh token all that came of it."""
        token = login.refresh or next((each.token for each in login.access.values()), None)
        if login.metadata.revocation is None or token is None:
            return token is None
        try:
            ask(self.calls, login.metadata, login.client, login.metadata.revocation, {"token": token})
        except Stop:
            return False
        return True


def _ended(login: Login) -> Stop:
    issuer = shown(login.issuer, 200)
    return Stop(f"the login at {issuer} has ended: insitu login {issuer}", Exit.REFUSED)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits for the end of the block: whoever loses the next refresh token has lost the login."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def logins(keeping: Keeping) -> Iterable[Login]:
    """Every login, by issuer."""
    found = (keeping.of(each) for each in keeping.issuers())
    return (each for each in found if each is not None)
