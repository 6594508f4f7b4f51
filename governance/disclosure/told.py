"""What a process has told lately, for whoever asks the same again: the books need not be asked for it."""

from collections.abc import Sequence

COUNTER = "governance.disclosure_version"
"""What moves (`database.moments`) when something that was told may have to be told otherwise."""

_KEPT = 1 << 14  # answers


class Told:
    """Answers as of one number of the counter: with another number all of them are forgotten. Thread-safe."""

    def __init__(self) -> None:
        self._as_of: tuple[int, dict[tuple[tuple[bytes, ...], bytes], int]] = (0, {})

    def find(self, version: int | None, who: Sequence[bytes], thing: bytes) -> int | None:
        """How many contributed when these accounts were told; None where that is not known."""
        as_of, known = self._as_of
        return known.get((tuple(who), thing)) if as_of == version else None

    def keep(self, version: int | None, who: Sequence[bytes], thing: bytes, contributing: int) -> None:
        """Takes note of what was told under a version that was read before."""
        if version is None:
            return
        as_of, known = self._as_of
        if as_of != version or len(known) >= _KEPT:
            known = {}
            self._as_of = version, known
        known[tuple(who), thing] = contributing
