"""The keys of others, by the address of their JWKS: fetched when first needed, kept through rotation."""

import logging
import threading
import time
from dataclasses import dataclass, field

from governance.keys.fetching import Http, Unfetched
from governance.keys.jwk import KeysInvalid, Name, PublicKey, read_keys
from governance.keys.kept import Clock, Kept, Times

log = logging.getLogger("insitu.keys")


class KeyUnknown(Exception):  # noqa: N818 - named for what happened
    """The issuer publishes no key of that name, or it is withdrawn."""


@dataclass(frozen=True, slots=True)
class _Rotating:
    """The keys published now, and those that were, with the time at which they were first missing."""

    keys: dict[Name, PublicKey]
    gone: dict[Name, tuple[PublicKey, float]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


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
        self._sets: dict[str, Kept[_Rotating]] = {}

    def key(self, url: str, kid: str, algorithm: str) -> PublicKey:
        """The key of that name, at most one fetch away.

        Raises:
            KeyUnknown: it is not there, nor was it lately.
            Unfetched: the keys of that address cannot be had.
        """
        name = kid, algorithm
        found = self._find(self._set(url).get(lambda rotating: self._find(rotating, name) is not None), name)
        if found is None:
            raise KeyUnknown
        return found

    def described(self, url: str) -> tuple[list[str], tuple[str, ...]]:
        """What is published at the address, as `ES256 kid`, and why other keys there are not taken.

        Raises:
            Unfetched: the keys of that address cannot be had.
        """
        rotating = self._set(url).get()
        return [f"{algorithm} {kid}" for kid, algorithm in sorted(rotating.keys)], rotating.refused

    def _set(self, url: str) -> Kept[_Rotating]:
        with self._lock:
            if url not in self._sets:
                self._sets[url] = Kept(lambda before: self._fetch(url, before), self._clock, self._times)
            return self._sets[url]

    def _find(self, rotating: _Rotating, name: Name) -> PublicKey | None:
        if name in rotating.keys:
            return rotating.keys[name]
        key, since = rotating.gone.get(name, (None, 0.0))
        return key if 0 <= self._clock() - since < self._times.retired else None

    def _fetch(self, url: str, before: _Rotating | None) -> _Rotating:
        try:
            document = read_keys(self._http.get(url, {"accept": "application/json"}).content)
        except KeysInvalid as error:
            raise Unfetched(str(error), down=True) from error
        if document.refused:
            log.warning("of the keys at %s some are not taken: %s", url, "; ".join(document.refused)[:500])
        now = self._clock()
        gone = {} if before is None else {name: (key, now) for name, key in before.keys.items()} | before.gone
        kept = {
            name: (key, since)
            for name, (key, since) in gone.items()
            if name not in document.keys and now - since < self._times.retired
        }
        return _Rotating(document.keys, kept, document.refused)
