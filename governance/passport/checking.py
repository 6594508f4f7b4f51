"""Does what the trust file names answer, and with keys that can be used? `insitu trust check`."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from governance.errors import shown
from governance.keys.errors import Unfetched
from governance.keys.fetching import Http
from governance.keys.sets import KeySets
from governance.keys.times import Times
from governance.passport.discovery import Discovery, discovery_url
from governance.passport.exchanging import credentials_of, error_code, form_of, is_about_token
from governance.passport.trust import Broker, Trust, VisaIssuer

PATIENT = Times(patience=30.0, hurry=30.0)  # whoever checks waits for what there is to say
LINKED = "LinkedIdentities"
NO_TOKEN = "insitu-trust-check"  # noqa: S105 - no token, which is the point


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
        self._http = http
        self._keys = KeySets(http, times=PATIENT)
        self._discovery = Discovery(http, time.time, PATIENT)

    def findings(self) -> Iterator[Finding]:
        """A finding for each address of each broker and visa issuer, and for what would never count."""
        for broker in self._trust.broker:
            yield from self._broker(broker)
        for issuer in self._trust.visa_issuer:
            for jku in issuer.jku:
                yield self._key_set(f"visas of {issuer.issuer}", partial(str, jku), jku)
            yield from self._unheard(issuer)
            yield from self._unlimited(issuer)
        if not self._trust.broker:
            yield Finding("brokers", ok=False, detail="no [[broker]]: every token will be refused")

    def _broker(self, broker: Broker) -> Iterator[Finding]:
        name = f"broker {broker.issuer}"
        where = broker.jwks_uri or discovery_url(broker.issuer)
        yield self._key_set(name, lambda: self._discovery.jwks_uri(broker), where)
        if not broker.requires_audience and broker.clients is None and broker.way != "none":
            detail = (
                "careful: `requires_audience = false` takes tokens that were given to any program there; "
                "`clients` names those whose tokens are meant for this site"
            )
            yield Finding(name, ok=True, detail=detail)
        if broker.way == "none":
            return
        find = self._discovery.token if broker.way == "exchange" else self._discovery.userinfo
        where = discovery_url(broker.issuer)
        yield _tried(name, lambda: f"visas by {broker.way}, from {find(broker)}", where)
        if broker.way == "exchange":
            yield self._client(broker)

    def _client(self, broker: Broker) -> Finding:
        """Whether the broker knows this site: a token that is none has to be all that is wrong."""
        name, client = f"client at {broker.issuer}", shown(broker.client_id or "")
        try:
            self._http.post(self._discovery.token(broker), form_of(NO_TOKEN), credentials_of(broker))
        except Unfetched as error:
            code = error_code(error)
            if is_about_token(error):
                return Finding(name, ok=True, detail=f"takes the credentials of {client}")
            said = f"it {error.why}" + (f", {code}" if code else "")
            detail = f"does not exchange tokens for {client}: {said}; ask its people about the registration"
            return Finding(name, ok=False, detail=detail)
        return Finding(name, ok=False, detail="gave something in exchange for a token that is none")

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
        """An issuer whose every visa would be of a source, a type or an account that counts for nobody."""
        name = f"visas of {issuer.issuer}"
        if not any(self._heard(issuer, kind) for kind in self._trust.sources):
            detail = "no source under [sources] is one that it may speak for: none of its visas will count"
            yield Finding(name, ok=False, detail=detail)
        linked = any(self._heard(each, LINKED) for each in self._trust.visa_issuer)
        if issuer.subjects_of is None and self._trust.find_broker(issuer.issuer) is None and not linked:
            detail = (
                "its subjects are nobody's here, and no issuer is believed in LinkedIdentities: none of its "
                "visas will count. `subjects_of` names the broker whose subjects it uses"
            )
            yield Finding(name, ok=False, detail=detail)

    def _unlimited(self, issuer: VisaIssuer) -> Iterator[Finding]:
        """One of several issuers that may say everything, also in the name of the others' sources."""
        if len(self._trust.visa_issuer) < 2 or issuer.types is not None or issuer.sources is not None:
            return
        joins = ", also that two accounts are one person" if self._heard(issuer, LINKED) else ""
        detail = (
            f"careful: it is believed in all types and sources{joins}. `types` and `sources` in its "
            "[[visa_issuer]] keep it to its own"
        )
        yield Finding(f"visas of {issuer.issuer}", ok=True, detail=detail)

    def _heard(self, issuer: VisaIssuer, kind: str) -> bool:
        """Whether it is believed in visas of that type, of any source."""
        listed = set(self._trust.sources.get(kind, ()))
        spoken = listed if issuer.sources is None else listed & set(issuer.sources)
        return bool(spoken) and (issuer.types is None or kind in issuer.types)


def _tried(name: str, look: Callable[[], str], where: str) -> Finding:
    try:
        return Finding(name, ok=True, detail=look())
    except Unfetched as error:
        return Finding(name, ok=False, detail=f"{where}: it {error.why}")
