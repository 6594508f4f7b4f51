"""The ways to an object's bytes, and whether what lies there is still what was registered."""

import logging
from collections.abc import Sequence

from drs.domain.objects import DrsObject, Place, State
from drs.errors import InPreparation, NoSuchAccess, NotTheBytes
from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.location import Stat
from drs.storage.store import Source, Stores

log = logging.getLogger("insitu.drs")

HTTPS, CRYPT4GH = "https", "crypt4gh"
_CLOUDS = {"s3": None, "gs": "gcp", "az": "azure"}
_ENCRYPTED = "application/crypt4gh"


class Places:
    """Over the stores of a site. Safe between threads.

    `presigned`: a cloud store's own addresses are given for what lies there. `crypt4gh`: what is stored
    encrypted can be re-encrypted to a caller's key.
    """

    def __init__(self, stores: Stores, *, presigned: bool, crypt4gh: bool) -> None:
        self._stores = stores
        self._presigned = presigned
        self._crypt4gh = crypt4gh

    def methods(self, found: DrsObject) -> list[str]:
        """The access ids of an object: this site's own addresses, then those of clouds."""
        ways = [HTTPS]
        if self._crypt4gh and found.mime_type == _ENCRYPTED:
            ways.append(CRYPT4GH)
        schemes = dict.fromkeys(self._scheme(each) for each in found.places)
        return ways + [each for each in schemes if self._presigned and each in _CLOUDS]

    def standing(self, found: DrsObject, method: str) -> tuple[Place, Stat]:
        """The first place that this way leads to whose file is the registered one, as far as its state tells.

        Raises:
            NoSuchAccess: the object has no such way.
            InPreparation, NotTheBytes, Unreachable: there are no bytes to be had.
        """
        if found.bundle or method not in self.methods(found):
            raise NoSuchAccess
        _check(found)
        wanted = [each for each in found.places if method not in _CLOUDS or self._scheme(each) == method]
        return self._first(found, wanted)

    def presigned(self, place: Place, seconds: int) -> str | None:
        """The store's own address of what lies there; None where it gives none."""
        return self._stores.get(place.store).presigned(place.key, seconds)

    def open(self, found: DrsObject, mark: str = "") -> tuple[Source, Place]:
        """The bytes, open: of the registered state, or where nobody noted that, of the one with this mark.

        Without either it is what lies there now, if it has the registered size.

        Raises:
            InPreparation, NotTheBytes, Unreachable: there are none to be had.
        """
        _check(found)
        troubles: list[Exception] = []
        for place in found.places:
            try:
                store = self._stores.get(place.store)
                expected = Stat(found.size, place.mark or mark or store.stat(place.key).mark, 0.0)
                return store.open(place.key, expected), place
            except (Missing, Changed, Unreachable) as trouble:
                _tell(found, place, trouble)
                troubles.append(trouble)
        raise _worst(troubles)

    def far(self, found: DrsObject) -> bool:
        """True where somebody else's server has to be asked for its bytes."""
        return any(self._scheme(each) in _CLOUDS for each in found.places)

    def _first(self, found: DrsObject, wanted: Sequence[Place]) -> tuple[Place, Stat]:
        troubles: list[Exception] = []
        for place in wanted:
            try:
                return place, self._registered(found, place)
            except (Missing, Changed, Unreachable) as trouble:
                _tell(found, place, trouble)
                troubles.append(trouble)
        raise _worst(troubles)

    def _registered(self, found: DrsObject, place: Place) -> Stat:
        stat = self._stores.get(place.store).stat(place.key)
        if stat.size != found.size or place.mark not in (None, stat.mark):
            raise Changed(f"{place.store}:{place.key} is not as it was registered")
        return stat

    def _scheme(self, place: Place) -> str | None:
        try:
            return self._stores.get(place.store).scheme
        except Missing:
            return None


def cloud(method: str) -> str | None:
    """The cloud's name in DRS, where it is sure."""
    return _CLOUDS.get(method)


def _check(found: DrsObject) -> None:
    if found.state is State.PREPARING:
        raise InPreparation
    if not found.available:
        raise NotTheBytes


def _tell(found: DrsObject, place: Place, trouble: Missing | Changed | Unreachable) -> None:
    log.warning("object %s at %s:%s: %s", found.id, place.store, place.key, trouble.detail)


def _worst(troubles: Sequence[Exception]) -> Exception:
    """What may pass is said where anything may; else that the bytes are gone."""
    return next((each for each in troubles if isinstance(each, Unreachable)), NotTheBytes())
