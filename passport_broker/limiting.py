"""How often the broker may be asked, by one address or about one account."""

import time

from limits import RateLimitItem, parse
from limits.strategies import FixedWindowRateLimiter

from database.engine import Database
from passport_broker.settings import PassportSettings
from passport_broker.store.rates import RateStorage
from serving.reasons import Reason


class TooOften(Reason):
    """Somebody asks too often; `seconds` until they may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__("This was tried too often. Please wait and try again.")
        self.seconds = seconds


class Rates:
    """The limits, counted in the database: they hold across processes and machines."""

    def __init__(self, database: Database, settings: PassportSettings) -> None:
        self._limiter = FixedWindowRateLimiter(RateStorage(database))
        self._account = parse(settings.login_rate)
        self._anywhere = type(self._account)(self._account.amount * 10, self._account.multiples)
        self._address = parse(settings.address_rate)
        self._token = parse(settings.token_rate)
        self._client = parse(settings.client_rate)

    def asks_for_token(self, address: str) -> None:
        """Counts a request for tokens, or about them.

        Raises:
            TooOften: it is one too many.
        """
        self._count(self._token, "token", address)

    def failed_client(self, address: str) -> None:
        """Counts a client that could not authenticate; never raises."""
        self._limiter.hit(self._client, "client", address)

    def check_client(self, address: str) -> None:
        """Returns where clients of this address have not failed too often.

        Raises:
            TooOften: they have.
        """
        self._check(self._client, "client", address)

    def tries_login(self, login: str, address: str) -> None:
        """Counts an attempt at a login, before it is made: many at once count, too.

        Raises:
            TooOften: it is one too many; nothing is said of the account, nor whether there is one.
        """
        self._count(self._address, "address", address)
        self._count(self._account, "account", login, address)
        self._count(self._anywhere, "anywhere", login)

    def logged_in(self, login: str, address: str) -> None:
        """Whoever knows the password has not been guessing: a whole institute may log in from one address."""
        self._limiter.clear(self._account, "account", login, address)
        self._limiter.hit(self._anywhere, "anywhere", login, cost=-1)
        self._limiter.hit(self._address, "address", address, cost=-1)

    def leaves(self, address: str) -> None:
        """Counts a browser that is sent on to a provider of others.

        Raises:
            TooOften: it is one too many.
        """
        self._count(self._address, "leaves", address)

    def guesses_code(self, address: str) -> None:
        """Counts a device code that was typed in.

        Raises:
            TooOften: it is one too many.
        """
        self._count(self._address, "device", address)

    def _count(self, item: RateLimitItem, *about: str) -> None:
        if not self._limiter.hit(item, *about):
            raise TooOften(self._wait(item, *about))

    def _check(self, item: RateLimitItem, *about: str) -> None:
        if not self._limiter.test(item, *about):
            raise TooOften(self._wait(item, *about))

    def _wait(self, item: RateLimitItem, *about: str) -> int:
        return max(1, int(self._limiter.get_window_stats(item, *about).reset_time - time.time()) + 1)
