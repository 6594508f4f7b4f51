"""Trails in memory, for tests of what asks the gate."""

from governance.audit.entries import Entry


class Kept(list[Entry]):
    """Keeps what is recorded, as it is."""

    def record(self, made: Entry) -> None:
        self.append(made)
