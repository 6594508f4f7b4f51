"""Regions of named references as regions of numbered ones, sorted, none overlapping another."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np

from drs.htsget.asking import UNPLACED, Region
from drs.htsget.errors import NoSuchReference
from drs.htsget.reading.bins import Numbers

FARTHEST = 2**40
"""Beyond the end of every reference."""

NOTHING = -1
"""The number of a reference that exists, and on which nothing lies."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Starts and stops on each reference, by number; and whether reads are wanted that lie nowhere."""

    places: list[tuple[int, Numbers, Numbers]]
    unplaced: bool


def wanted(regions: Iterable[Region], number_of: Callable[[str], int], *, reads: bool) -> Wanted:
    """What the regions mean. A region without length has no records.

    Raises:
        NoSuchReference: from `number_of`, which knows the file's names.
    """
    by_name: dict[str, list[tuple[int, int]]] = {}
    for each in regions:
        stop = FARTHEST if each.end is None else each.end
        by_name.setdefault(each.reference, []).append((each.start or 0, stop))
    unplaced = reads and by_name.pop(UNPLACED, None) is not None
    numbers = {name: number_of(name) for name in by_name}
    found = [
        (number, *_united(by_name[name]))
        for name, number in sorted(numbers.items(), key=lambda each: each[1])
        if number != NOTHING
    ]
    return Wanted([each for each in found if len(each[1])], unplaced)


def no_such_reference(name: str, names: Collection[str]) -> NoSuchReference:
    """That there is none of the name; says which there is where only the `chr` differs.

    The other name is never taken for the one asked for: whoever filters what they get by the name that they
    asked for would find nothing in it, and take that for an answer.
    """
    other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
    hint = f": here it is {other}" if other in names else ""
    shown = "".join(each if each.isprintable() else "?" for each in name[:40])
    return NoSuchReference(f"This object has no reference sequence {shown}{hint}.")


def _united(places: list[tuple[int, int]]) -> tuple[Numbers, Numbers]:
    found: list[list[int]] = []
    for start, stop in sorted(places):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], stop)
        elif start < stop:
            found.append([start, stop])
    both = np.array(found, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
