"""Which bytes a `Range` header asks for (RFC 9110, 14), however it asks."""

import re
from itertools import pairwise

MOST = 64
"""Ranges that one request may name."""

_SPEC = re.compile(r"(\d*)-(\d*)", re.ASCII)
_DIGITS = 18
"""Of a number that is read as it is; a longer one is beyond the end of any file."""

Range = tuple[int, int]
"""First byte and the one after the last."""


class Unsatisfiable(Exception):  # noqa: N818 - named for what it is
    """None of the ranges lies in the file, or they are no ranges or too many; the text says which."""


def asked(header: str, size: int) -> list[Range] | None:
    """The ranges of a file of `size` bytes; None where the header asks for something else than bytes.

    In the order asked, unless two overlap or touch: then all are sorted and joined, so that nothing is sent
    twice, however often it was asked for.

    Raises:
        Unsatisfiable: nothing of the file is asked for.
    """
    unit, _, text = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    specs = [each for each in (part.strip(" \t") for part in text.split(",", MOST)) if each]
    if not specs or len(specs) > MOST:
        raise Unsatisfiable(f"Ask for 1 to {MOST} ranges at a time.")
    ranges = [each for each in (_range(spec, size) for spec in specs) if each is not None]
    if not ranges:
        raise Unsatisfiable(f"None of these ranges lies in the {size} bytes there are.")
    ordered = sorted(ranges)
    if all(one[1] < other[0] for one, other in pairwise(ordered)):
        return ranges
    return _joined(ordered)


def _range(spec: str, size: int) -> Range | None:
    found = _SPEC.fullmatch(spec)
    if found is None or not any(found.groups()):
        raise Unsatisfiable("Ranges of bytes are written as bytes=0-99 or bytes=-100.")
    first, last = (_number(each) for each in found.groups())
    if first is None:
        assert last is not None  # noqa: S101 - one of them is given
        return (max(0, size - last), size) if last and size else None
    if last is not None and last < first:
        raise Unsatisfiable("A range of bytes cannot end before it begins.")
    return (first, size if last is None else min(last + 1, size)) if first < size else None


def _number(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS


def _joined(ordered: list[Range]) -> list[Range]:
    joined = [ordered[0]]
    for start, stop in ordered[1:]:
        before, end = joined[-1]
        if start <= end:
            joined[-1] = (before, max(end, stop))
        else:
            joined.append((start, stop))
    return joined
