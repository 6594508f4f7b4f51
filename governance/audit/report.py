"""What a verification saw: findings, each about rows, and notes."""

from dataclasses import dataclass, field

from governance.audit.chain import GENESIS

_KEPT = 1000  # findings that are told one by one


@dataclass(slots=True)
class Finding:
    """Something wrong with the rows `first` to `last`, 0 for none. `what` is a short constant name."""

    what: str
    first: int
    last: int
    says: str

    def __str__(self) -> str:
        if self.first == 0:
            return self.says
        rows = f"row {self.first}" if self.first == self.last else f"rows {self.first} to {self.last}"
        return f"{rows}: {self.says}"


@dataclass(slots=True)
class Report:
    """What verification saw. The trail is whole where there are no `findings`; `notes` are no faults.

    `signed` is the last row that a checkpoint vouches for, `promised` the last that one names. `more` counts
    findings beyond those kept.
    `writers`: how many rows each writer had sealed by the end.
    """

    rows: int = 0
    first: int = 0
    last: int = 0
    hash: bytes = GENESIS
    checkpoints: int = 0
    signed: int = 0
    promised: int = 0
    pruned: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    notes: list[str] = field(default_factory=list)
    writers: dict[str, int] = field(default_factory=dict, repr=False)
    _latest: dict[str, Finding] = field(default_factory=dict, repr=False)

    @property
    def whole(self) -> bool:
        """True where nothing is wrong."""
        return not self.findings

    def found(self, what: str, first: int, last: int, says: str) -> None:
        """Adds a finding; one like that of the row before makes that one longer."""
        latest = self._latest.get(what)
        if latest is not None and latest.says == says and latest.last + 1 == first:
            latest.last = last
        elif len(self.findings) < _KEPT:
            self._latest[what] = Finding(what, first, last, says)
            self.findings.append(self._latest[what])
        else:
            self.more += 1
