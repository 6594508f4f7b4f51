"""Where a provider's endpoints are: as the file says, or else as its own server says."""

from collections.abc import Callable
from typing import Any

from governance.keys.errors import Unfetched
from governance.keys.fetching import Http
from governance.keys.times import Times
from governance.passport.discovery import Configurations
from passport_broker.upstream.providers import Provider

TIMES = Times(floor=10.0, patience=6.0, hurry=1.0)
"""Somebody waits in front of a browser: longer than a question would, and asks again soon."""

NAMES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


class Endpoints:
    """The endpoints of providers. Safe between threads.

    What is discovered counts on the issuer's own server only: the file has every other address.
    """

    def __init__(self, http: Http, clock: Callable[[], float], times: Times = TIMES) -> None:
        self._configurations = Configurations(http, clock, times)

    def find(self, provider: Provider, name: str) -> str:
        """The address of that name (as OpenID Connect Discovery 3 has it).

        Raises:
            Unfetched: the file has none, and none can be discovered.
        """
        written: str | None = getattr(provider, name)
        if written is not None:
            return written
        found = self.said(provider).get(name)
        if not isinstance(found, str):
            raise Unfetched(f"does not publish its {name}", down=False)
        if not provider.at_home(found):
            why = f"publishes a {name} on another server: that is taken from upstream.toml only, as {name}"
            raise Unfetched(why, down=False)
        return found

    def names_itself(self, provider: Provider) -> bool:
        """Whether its answers always say whose they are (RFC 9207 3), as far as it says so of itself.

        Raises:
            Unfetched: it cannot be asked.
        """
        if all(getattr(provider, name) is not None for name in NAMES):
            return False
        return self.said(provider).get("authorization_response_iss_parameter_supported") is True

    def said(self, provider: Provider) -> dict[str, Any]:
        """The provider's metadata.

        Raises:
            Unfetched: it cannot be had, or is another issuer's.
        """
        return self._configurations.of(provider.issuer)
