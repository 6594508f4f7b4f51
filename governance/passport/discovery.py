"""Where a broker's endpoints are: as the trust file says, else as the broker's own server says."""

import json
import threading
from collections.abc import Callable
from typing import Any

from governance.errors import shown
from governance.keys.errors import Unfetched
from governance.keys.fetching import Http
from governance.keys.kept import Kept
from governance.keys.times import Times
from governance.passport.trust import Broker


def discovery_url(issuer: str) -> str:
    """The address of an issuer's OpenID configuration (OpenID Connect Discovery 4)."""
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


class Configurations:
    """OpenID configurations by issuer, fetched when first needed and kept. Safe between threads."""

    def __init__(self, http: Http, clock: Callable[[], float], times: Times | None = None) -> None:
        self._http = http
        self._clock = clock
        self._times = times or Times()
        self._lock = threading.Lock()
        self._known: dict[str, Kept[dict[str, Any]]] = {}

    def of(self, issuer: str) -> dict[str, Any]:
        """What the issuer's server says of itself: the document of exactly this issuer (Discovery 4.3).

        Raises:
            Unfetched: it cannot be had, or is another issuer's.
        """
        return self._kept(issuer).get()

    def _kept(self, issuer: str) -> Kept[dict[str, Any]]:
        with self._lock:
            if issuer not in self._known:
                url, times = discovery_url(issuer), self._times
                self._known[issuer] = Kept(url, lambda _: self._fetch(issuer), self._clock, times)
            return self._known[issuer]

    def _fetch(self, issuer: str) -> dict[str, Any]:
        content = self._http.get(discovery_url(issuer), {"accept": "application/json"}).content
        try:
            found = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Unfetched("publishes an OpenID configuration that is no JSON", down=True) from error
        named = found.get("issuer") if isinstance(found, dict) else None
        if not isinstance(found, dict) or named != issuer:
            other = shown(str(named))
            raise Unfetched(f"publishes the OpenID configuration of another issuer, {other}", down=False)
        return dict(found)


class Discovery:
    """The endpoints of brokers, discovered when first needed and kept. Safe between threads.

    What is discovered counts only on the server of the issuer itself: any other address has to be written
    into the trust file, so that the file holds every server that is ever called.
    """

    def __init__(self, http: Http, clock: Callable[[], float], times: Times | None = None) -> None:
        self._configurations = Configurations(http, clock, times)

    def jwks_uri(self, broker: Broker) -> str:
        """The address of the broker's keys.

        Raises:
            Unfetched: the file has none, and none can be discovered.
        """
        return broker.jwks_uri or self._discovered(broker, "jwks_uri")

    def userinfo(self, broker: Broker) -> str:
        """The address that says who a token is of.

        Raises:
            Unfetched: as `jwks_uri`.
        """
        return broker.userinfo or self._discovered(broker, "userinfo_endpoint")

    def token(self, broker: Broker) -> str:
        """The address that exchanges tokens.

        Raises:
            Unfetched: as `jwks_uri`.
        """
        return broker.token or self._discovered(broker, "token_endpoint")

    def _discovered(self, broker: Broker, name: str) -> str:
        found = self._configurations.of(broker.issuer).get(name)
        if not isinstance(found, str):
            raise Unfetched(f"does not publish its {name}", down=False)
        if not broker.at_home(found):
            field = name.removesuffix("_endpoint")
            raise Unfetched(f"publishes a {name} on another server: write it into the trust file as {field}",
                            down=False)  # fmt: skip
        return found
