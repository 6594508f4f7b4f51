"""Does what the trust file names answer, and with keys that can be used? `insitu trust check`."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from governance.keys.fetching import Http, Unfetched
from governance.keys.sets import KeySets
from governance.passport.discovery import Discovery, discovery_url
from governance.passport.trust import Broker, Trust, VisaIssuer


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it works, and what is there or what to do."""

    check: str
    ok: bool
    detail: str


class Checking:
    """Asks each server that a trust file names, once."""

    def __init__(self, trust: Trust, http: Http) -> None:
        self._trust = trust
        self._keys = KeySets(http)
        self._discovery = Discovery(http, time.time)

    def findings(self) -> Iterator[Finding]:
        """A finding for each address of each broker and visa issuer, and for what would never count."""
        for broker in self._trust.broker:
            yield from self._broker(broker)
        for issuer in self._trust.visa_issuer:
            for jku in issuer.jku:
                yield self._key_set(f"visas of {issuer.issuer}", partial(str, jku), jku)
            yield from self._unheard(issuer)
        if not self._trust.broker:
            yield Finding("brokers", ok=False, detail="no [[broker]]: every token will be refused")

    def _broker(self, broker: Broker) -> Iterator[Finding]:
        name = f"broker {broker.issuer}"
        where = broker.jwks_uri or discovery_url(broker.issuer)
        yield self._key_set(name, lambda: self._discovery.jwks_uri(broker), where)
        if broker.way == "none":
            return
        find = self._discovery.token if broker.way == "exchange" else self._discovery.userinfo
        where = discovery_url(broker.issuer)
        yield _tried(name, lambda: f"visas by {broker.way}, from {find(broker)}", where)

    def _key_set(self, name: str, address: Callable[[], str], where: str) -> Finding:
        def look() -> str:
            url = address()
            keys, refused = self._keys.described(url)
            if not keys:
                why = "; ".join(refused) or "there is none"
                raise Unfetched(f"publishes no key that can be used at {url}: {why}", down=False)
            return f"{url}: {', '.join(keys)}" + "".join(f"; {each}" for each in refused)

        return _tried(name, look, where)

    def _unheard(self, issuer: VisaIssuer) -> Iterator[Finding]:
        """An issuer whose every visa would be of a source or a type that is believed in nothing."""
        sources = {each for kind, listed in self._trust.sources.items() for each in listed
                   if issuer.types is None or kind in issuer.types}  # fmt: skip
        if not sources or (issuer.sources is not None and not sources & set(issuer.sources)):
            detail = "no source under [sources] is one that it may speak for: none of its visas will count"
            yield Finding(f"visas of {issuer.issuer}", ok=False, detail=detail)


def _tried(name: str, look: Callable[[], str], where: str) -> Finding:
    try:
        return Finding(name, ok=True, detail=look())
    except Unfetched as error:
        return Finding(name, ok=False, detail=f"{where}: it {error.why}")
