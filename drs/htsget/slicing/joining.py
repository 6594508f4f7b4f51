"""Many overlapping spans of a file become few that do not overlap, in the file's order."""

from collections.abc import Iterable

import numpy as np

from drs.htsget.reading.bins import Numbers

NEAR = 1 << 16
"""Bytes between two spans that are fetched along: less than another request for a block costs."""

MOST = 256
"""Spans of one ticket. Of more, those with the least between them become one: more is given, never less."""

Spans = tuple[Numbers, Numbers]


def joined(portions: Iterable[Spans], *, shift: int = 0) -> list[tuple[int, int]]:
    """Begins and ends, ascending, at most `MOST`; offsets in the file are those given, shifted by `shift`."""
    none = np.zeros(0, np.int64)
    begins, ends = none, none
    for more_begins, more_ends in portions:
        begins, ends = np.append(begins, more_begins), np.append(ends, more_ends)
        begins, ends = _near(begins, ends, shift)
    begins, ends = _few(begins, ends, shift)
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def _near(begins: Numbers, ends: Numbers, shift: int) -> Spans:
    order = np.argsort(begins, kind="stable")
    begins, reached = begins[order], np.maximum.accumulate(ends[order])
    far = (begins[1:] >> shift) - (reached[:-1] >> shift) > NEAR
    return _split(begins, reached, np.flatnonzero(far))


def _few(begins: Numbers, ends: Numbers, shift: int) -> Spans:
    if len(begins) <= MOST:
        return begins, ends
    between = (begins[1:] >> shift) - (ends[:-1] >> shift)
    return _split(begins, ends, np.sort(np.argpartition(between, -(MOST - 1))[-(MOST - 1) :]))


def _split(begins: Numbers, ends: Numbers, after: Numbers) -> Spans:
    """One span for each run; runs end after these places."""
    if not len(begins):
        return begins, ends
    return begins[np.append(0, after + 1)], ends[np.append(after, len(ends) - 1)]
