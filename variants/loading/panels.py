"""Panels: sets of samples that were looked at together, named by what they hold."""

import hashlib
from collections.abc import Sequence
from typing import Any

from pyroaring import BitMap

from variants.domain import carriers

_KEPT = 10_000  # sets kept in memory
_NUMBERS = 1_000_000  # of panels, in the lists of them that are kept in memory


def panel_id(members: BitMap) -> int:
    """The number of a set of samples: the same wherever the set is the same."""
    digest = hashlib.blake2b(carriers.encode_bitmap(members) or b"", digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Panels:
    """The panels of a generation, read and added to within one transaction."""

    def __init__(self, cursor: Any, generation: int) -> None:
        self._cursor = cursor
        self._generation = generation
        self._known: dict[int, BitMap] = {}
        self._together: dict[tuple[int, ...], int | None] = {}
        self._numbers = 0

    def members(self, panel: int) -> BitMap:
        """The samples of a panel. Do not change the answer."""
        if panel not in self._known:
            self._cursor.execute(
                "SELECT members FROM variants.panel WHERE generation = %s AND id = %s",
                (self._generation, panel),
            )
            self._keep(panel, carriers.decode(self._cursor.fetchone()[0]))
        return self._known[panel]

    def add(self, members: BitMap) -> int:
        """The panel of these samples, made where there is none."""
        panel = panel_id(members)
        if panel not in self._known:
            self._cursor.execute(
                "INSERT INTO variants.panel (generation, id, members) VALUES (%s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                (self._generation, panel, carriers.encode_bitmap(members) or b""),
            )
            self._keep(panel, members)
        return panel

    def together(self, panels: Sequence[int]) -> int | None:
        """The panel of everybody in these, where nobody is in two of them; None where somebody is."""
        key = tuple(panels)
        if key not in self._together:
            sets = [self.members(panel) for panel in panels]
            whole = BitMap.union(*sets)
            if len(self._together) >= _KEPT or self._numbers >= _NUMBERS:
                self._together.clear()
                self._numbers = 0
            self._numbers += len(key)
            self._together[key] = self.add(whole) if len(whole) == sum(map(len, sets)) else None
        return self._together[key]

    def _keep(self, panel: int, members: BitMap) -> None:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[panel] = members
