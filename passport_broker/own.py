"""How a site believes its own broker: without the network, and without a word in its trust file.

What the trust file says of this very issuer counts instead, where it says something.
"""

import json
from collections.abc import Callable, Mapping
from typing import ClassVar

from governance.keys.errors import Unfetched
from governance.keys.fetching import Fetched, Http
from governance.passport.trust import Broker, Trust, VisaIssuer
from passport_broker.provider.checking import held
from passport_broker.provider.openid import userinfo
from passport_broker.provider.parts import Ground

_JSON = "application/json"


class OwnIssuer(VisaIssuer):
    """This site's own visas: believed whatever their source is, for nobody else signs with its keys."""

    own: ClassVar[bool] = True


class OwnTrust:
    """Adds the site's own broker to whom it trusts. Safe between threads."""

    def __init__(self, ground: Ground, trust: Callable[[], Trust]) -> None:
        """`trust` gives what the site's file says."""
        issuer, jku = ground.issuer, ground.signing.jku
        self._file = trust
        self._site = ground.site
        self._broker = Broker(issuer=issuer, jwks_uri=jku, userinfo=f"{issuer}/userinfo", visas="userinfo")
        self._visas = OwnIssuer(issuer=issuer, jku=(jku,))
        self._last: tuple[Trust, Trust] | None = None

    def current(self) -> Trust:
        """The trust in force, with this broker; the same one as long as the file says the same."""
        trust, last = self._file(), self._last
        if last is None or last[0] is not trust:
            last = self._last = trust, self._with(trust)
        return last[1]

    def _with(self, trust: Trust) -> Trust:
        issuer = self._broker.issuer
        update = {
            "audiences": trust.audiences if self._site in trust.audiences else (*trust.audiences, self._site),
            "broker": trust.broker if trust.find_broker(issuer) else (*trust.broker, self._broker),
            "visa_issuer": trust.visa_issuer
            if trust.find_issuer(issuer)
            else (*trust.visa_issuer, self._visas),
            "version": f"{trust.version}+own",
        }
        return trust.model_copy(update=update)


class OwnHttp(Http):
    """Asks the site's own broker in this process, and everybody else over the network."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self._ground = ground

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """What the address answers.

        Raises:
            Unfetched: as `Http.get`.
        """
        if url == self._ground.signing.jku:
            return Fetched(json.dumps(self._ground.signing.jwks()).encode(), _JSON)
        if url == f"{self._ground.issuer}/userinfo":
            return self._userinfo((headers or {}).get("authorization", ""))
        return super().get(url, headers)

    def _userinfo(self, authorization: str) -> Fetched:
        found = held(self._ground, authorization.removeprefix("Bearer "))
        if found is None:
            raise Unfetched("answered 401", down=False, status=401)
        return Fetched(json.dumps(userinfo(self._ground, found)).encode(), _JSON)
