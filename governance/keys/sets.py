"""The keys of others, by the address of their JWKS: fetched when first needed, kept through rotation."""

import logging
import threading
import time
from dataclasses import dataclass, field

from governance.keys.errors import Unfetched
from governance.keys.fetching import Http
from governance.keys.jwk import KeysInvalid, Name, PublicKey, read_keys
from governance.keys.kept import Clock, Held, Kept
from governance.keys.times import Times
from governance.keys.unknown import Unknown

log = logging.getLogger("insitu.keys")


class KeyUnknown(Exception):  # noqa: N818 - named for what happened
    """The issuer publishes no key of that name, or it is withdrawn."""


@dataclass(frozen=True, slots=True)
class _Rotating:
    """The keys published now, and those that were, with the time since which they may have been gone."""

    keys: dict[Name, PublicKey]
    gone: dict[Name, tuple[PublicKey, float]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Set:
    kept: Kept[_Rotating]
    unknown: Unknown


class KeySets:
    """Public keys by address and name. Safe between threads.

    The addresses are the callers' to have checked: one that a token names is asked for nothing before it
    was found in this site's own list.
    """

    def __init__(self, http: Http, clock: Clock = time.time, times: Times | None = None) -> None:
        self._http = http
        self._clock = clock
        self._times = times or Times()
        self._lock = threading.Lock()
        self._sets: dict[str, _Set] = {}

    def key(self, url: str, kid: str, algorithm: str) -> PublicKey:
        """The key of that name, at most one fetch away.

        Raises:
            KeyUnknown: it is not there, nor was it lately.
            Unfetched: the keys of that address cannot be had, or not those of now, and it may be among these.
        """
        name, found = (kid, algorithm), self._set(url)
        key = self._find(found.kept.get(), name)
        if key is None and found.unknown.may_ask(name):
            key = self._find(found.kept.renewed(), name)
        if key is not None:
            return key
        doubt = found.kept.doubt()
        if doubt is not None:
            raise Unfetched(doubt.why, down=True)
        found.unknown.note(name)
        raise KeyUnknown

    def only(self, url: str, algorithm: str, *, anew: bool = False) -> PublicKey:
        """The one key of that algorithm, for tokens that need not name theirs (OpenID Connect Core 10.1).

        `anew` asks the address once more first, unless that was done a moment ago.

        Raises:
            KeyUnknown: there is none, or more than one.
            Unfetched: the keys of that address cannot be had.
        """
        kept = self._set(url).kept
        published = (kept.renewed() if anew else kept.get()).keys
        found = [key for (_, named), key in published.items() if named == algorithm]
        if len(found) != 1:
            raise KeyUnknown
        return found[0]

    def described(self, url: str) -> tuple[list[str], tuple[str, ...]]:
        """What is published at the address, as `ES256 kid`, and why other keys there are not taken.

        Raises:
            Unfetched: the keys of that address cannot be had.
        """
        rotating = self._set(url).kept.get()
        return [f"{algorithm} {kid}" for kid, algorithm in sorted(rotating.keys)], rotating.refused

    def _set(self, url: str) -> _Set:
        with self._lock:
            if url not in self._sets:
                kept = Kept(url, lambda before: self._fetch(url, before), self._clock, self._times)
                self._sets[url] = _Set(kept, Unknown(self._clock, self._times.floor, self._times.refresh))
            return self._sets[url]

    def _find(self, rotating: _Rotating, name: Name) -> PublicKey | None:
        if name in rotating.keys:
            return rotating.keys[name]
        key, since = rotating.gone.get(name, (None, 0.0))
        return key if 0 <= self._clock() - since < self._times.retired else None

    def _fetch(self, url: str, before: Held[_Rotating] | None) -> _Rotating:
        try:
            document = read_keys(self._http.get(url, {"accept": "application/json"}).content)
        except KeysInvalid as error:
            raise Unfetched(str(error), down=True) from error
        if document.refused:
            log.warning("of the keys at %s some are not taken: %s", url, "; ".join(document.refused)[:500])
        return _Rotating(document.keys, self._gone(before, document.keys), document.refused)

    def _gone(
        self, before: Held[_Rotating] | None, published: dict[Name, PublicKey]
    ) -> dict[Name, tuple[PublicKey, float]]:
        """What was published before and is no more: since when we looked last, or should have."""
        if before is None:
            return {}
        now = self._clock()
        missed = min(now, before.fetched + self._times.refresh)
        gone = {name: (key, missed) for name, key in before.value.keys.items()} | before.value.gone
        return {
            name: (key, since)
            for name, (key, since) in gone.items()
            if name not in published and now - since < self._times.retired
        }
