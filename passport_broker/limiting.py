"""How often the broker may be asked, by one address or about one account."""

import time
from collections.abc import Sequence

from limits import RateLimitItem, parse_many
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
        self._account = parse_many(settings.login_rate)
        self._anywhere = _tenfold(self._account)
        self._address = parse_many(settings.address_rate)
        self._token = parse_many(settings.token_rate)
        self._client = parse_many(settings.client_rate)
        self._clients = _tenfold(self._client)

    def asks_for_token(self, address: str) -> None:
        """Counts a request for tokens, or about them.

        Raises:
            TooOften: it is one too many.
        """
        self._count(self._token, "token", address)

    def failed_client(self, address: str, client: str) -> None:
        """Counts a client that could not authenticate; never raises."""
        self._hit(self._client, 1, "client", client, address)
        self._hit(self._clients, 1, "clients", address)

    def check_client(self, address: str, client: str) -> None:
        """Returns where neither this client nor all together have failed too often at this address.

        One that somebody has set up wrongly keeps no other from its work.

        Raises:
            TooOften: they have.
        """
        self._check(self._client, "client", client, address)
        self._check(self._clients, "clients", address)

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
        for each in self._account:
            self._limiter.clear(each, "account", login, address)
        self._hit(self._anywhere, -1, "anywhere", login)
        self._hit(self._address, -1, "address", address)

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

    def knew_code(self, address: str) -> None:
        """Whoever typed in a code that a device waits with has not been guessing."""
        self._hit(self._address, -1, "device", address)

    def _count(self, items: Sequence[RateLimitItem], *about: str) -> None:
        """Counts against each limit, also where one of them is reached already."""
        reached = [each for each in items if not self._limiter.hit(each, *about)]
        self._raise(reached, *about)

    def _check(self, items: Sequence[RateLimitItem], *about: str) -> None:
        self._raise([each for each in items if not self._limiter.test(each, *about)], *about)

    def _hit(self, items: Sequence[RateLimitItem], cost: int, *about: str) -> None:
        for each in items:
            self._limiter.hit(each, *about, cost=cost)

    def _raise(self, reached: Sequence[RateLimitItem], *about: str) -> None:
        if reached:
            raise TooOften(max(self._wait(each, *about) for each in reached))

    def _wait(self, item: RateLimitItem, *about: str) -> int:
        return max(1, int(self._limiter.get_window_stats(item, *about).reset_time - time.time()) + 1)


def _tenfold(items: Sequence[RateLimitItem]) -> list[RateLimitItem]:
    return [type(each)(each.amount * 10, each.multiples) for each in items]
