"""Is the trail whole? Finds every row that was changed, taken out, put in or moved, and a missing end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from governance.audit.chain import GENESIS, Head, Row, read_time, row_hash
from governance.audit.checkpoints import CHECKPOINT, PRUNED, digest
from governance.keys.site import BadSignature, PublicKeys, verified

_RESUMED = '"what":"audit.resumed"'
_KEPT = 1000  # findings that are told one by one


@dataclass(slots=True)
class Finding:
    """Something wrong with the rows `first` to `last`. `what` is a short constant name."""

    what: str
    first: int
    last: int
    says: str

    def __str__(self) -> str:
        rows = f"row {self.first}" if self.first == self.last else f"rows {self.first} to {self.last}"
        return f"{rows}: {self.says}"


@dataclass(slots=True)
class Report:
    """What verification saw. The trail is whole where there are no `findings`; `notes` are no faults.

    `signed` is the last row that a checkpoint vouches for. `more` counts findings beyond those kept.
    """

    rows: int = 0
    first: int = 0
    last: int = 0
    hash: bytes = GENESIS
    checkpoints: int = 0
    signed: int = 0
    pruned: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    notes: list[str] = field(default_factory=list)
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


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a token vouches for."""

    sequence: int
    hash: str
    at: str


def verify(
    rows: Iterable[Row],
    checkpoints: Sequence[str],
    prunings: Sequence[str],
    head: Head | None,
    keys: PublicKeys,
) -> Report:
    """The report over a trail; rows are read once, in order, and not kept.

    `head` is what the file outside the database says, None where there is no such file.
    """
    report = Report()
    signed = _checkpoints(checkpoints, keys, report)
    start = _prunings(prunings, keys, report)
    _Walk(report, start, signed, head).over(rows)
    _end(report, head, signed)
    if report.last > report.signed:
        count = report.last - report.signed
        report.notes.append(f"the last {count} row(s) are chained but not signed yet")
    return report


def _checkpoints(tokens: Sequence[str], keys: PublicKeys, report: Report) -> dict[int, _Signed]:
    """The checkpoints that hold, by row; each must name the one before."""
    found: dict[int, _Signed] = {}
    before: str | None = None
    for number, token in enumerate(tokens, 1):
        claims = _claims(token, CHECKPOINT, keys, f"checkpoint {number}", report)
        if claims is not None:
            sequence = claims["sequence"]
            if claims.get("number") != number or claims.get("previous") != before:
                says = f"checkpoint {claims.get('number')} does not follow the one before: some are missing"
                report.found("checkpoint", sequence, sequence, says)
            found[sequence] = _Signed(sequence, claims["hash"], claims["at"])
            report.checkpoints += 1
        before = digest(token)
    return found


def _prunings(tokens: Sequence[str], keys: PublicKeys, report: Report) -> Head:
    """The row that the trail now begins after."""
    start = Head()
    for number, token in enumerate(tokens, 1):
        claims = _claims(token, PRUNED, keys, f"record {number} of pruning", report)
        if claims is None:
            continue
        if claims.get("first") != start.sequence + 1:
            says = f"the record of pruning begins at row {claims.get('first')}: one before it is missing"
            report.found("pruned", start.sequence + 1, claims["upto"], says)
        start = Head(claims["upto"], bytes.fromhex(claims["hash"]))
        report.pruned = start.sequence
        report.notes.append(
            f"rows {claims['first']} to {claims['upto']} were pruned on {claims['at']} by {claims['by']}"
        )
    return start


def _claims(token: str, kind: str, keys: PublicKeys, name: str, report: Report) -> dict[str, Any] | None:
    try:
        return verified(token, kind, keys)
    except BadSignature as bad:
        report.found("signature", 0, 0, f"{name} {bad}")
        return None


class _Walk:
    """Goes over the rows once."""

    def __init__(self, report: Report, start: Head, signed: dict[int, _Signed], head: Head | None) -> None:
        self._report = report
        self._signed = signed
        self._head = head or Head()
        self._sequence, self._hash = start.sequence, start.hash
        self._moved = 0

    def over(self, rows: Iterable[Row]) -> None:
        """Reports on each row, and on what is missing between them."""
        for row in rows:
            self._place(row)
            self._content(row)
            self._vouched(row)
            if _RESUMED in row.body:
                self._resumed(row)
            self._sequence, self._hash = row.sequence, row.hash
            self._report.first = self._report.first or row.sequence
            self._report.rows += 1
        self._report.last, self._report.hash = self._sequence, self._hash

    def _place(self, row: Row) -> None:
        """Does it follow the row before?"""
        expected = self._sequence + 1
        if row.sequence > expected:
            self._report.found("missing", expected, row.sequence - 1, "missing, taken out of the trail")
        elif row.sequence < expected:
            self._report.found("order", row.sequence, row.sequence, "stands twice or after a later row")
        elif row.previous != self._hash:
            says = (
                "does not follow the row before it: that one was replaced or put in, or rows between them "
                "were taken out and the rest numbered anew"
            )
            self._report.found("link", row.sequence, row.sequence, says)

    def _content(self, row: Row) -> None:
        """Is it what was recorded?"""
        try:
            recorded = row_hash(row.sequence, row.previous, row.body) == row.hash
        except UnicodeEncodeError:
            recorded = False
        if not recorded:
            self._found_out(row)
        elif row.at is not None and not _columns_agree(row):
            says = "its columns `at` and `kind` were changed: they are not what the row itself says"
            self._report.found("changed", row.sequence, row.sequence, says)

    def _found_out(self, row: Row) -> None:
        """A row that is not what its hash says: whole under another number, or changed."""
        for moved in dict.fromkeys((self._moved, self._moved + 1, self._moved - 1, 1, -1)):
            number = row.sequence + moved
            if moved and number > 0 and row_hash(number, row.previous, row.body) == row.hash:
                self._moved = moved
                way = "later" if moved < 0 else "earlier"
                says = f"recorded {abs(moved)} row(s) {'earlier' if moved < 0 else 'later'} and moved {way}"
                self._report.found("moved", row.sequence, row.sequence, says)
                return
        says = "changed: content, number or link are not what its hash was made of"
        self._report.found("changed", row.sequence, row.sequence, says)

    def _vouched(self, row: Row) -> None:
        """Do a checkpoint and the file of the head know it?"""
        if row.sequence == self._head.sequence and row.hash != self._head.hash:
            says = "not the row that the file of the head knows: it, or rows before it, were rewritten"
            self._report.found("rewritten", row.sequence, row.sequence, says)
        signed = self._signed.get(row.sequence)
        if signed is None:
            return
        if signed.hash == row.hash.hex():
            self._report.signed = row.sequence
            return
        says = (
            f"not the row that was signed on {signed.at}: it, or rows before it back to the last checkpoint, "
            "were rewritten"
        )
        self._report.found("rewritten", row.sequence, row.sequence, says)

    def _resumed(self, row: Row) -> None:
        """Was something lost before it, and was that said?"""
        body = orjson.loads(row.body)
        if body.get("kind") == "act":
            missing = f"row {row.sequence} says that rows were lost before it: {body.get('details')}"
            self._report.notes.append(f"{missing}; accepted by {body.get('by')} on {body.get('at')}")


def _columns_agree(row: Row) -> bool:
    try:
        body = orjson.loads(row.body)
        return bool(row.at == read_time(body["at"]) and row.kind == body["kind"])
    except (ValueError, KeyError, TypeError):
        return False


def _end(report: Report, head: Head | None, signed: dict[int, _Signed]) -> None:
    """Is the end there? Checkpoints and the file know how far the trail was."""
    last_signed = max(signed, default=0)
    if last_signed > report.last:
        says = f"missing at the end: signed on {signed[last_signed].at}"
        report.found("missing", report.last + 1, last_signed, says)
    if head is None:
        return
    if head.sequence > max(report.last, last_signed):
        first = max(report.last, last_signed) + 1
        report.found("missing", first, head.sequence, "missing at the end: the file of the head knows them")
    elif head.sequence < report.last:
        behind = report.last - head.sequence
        report.notes.append(
            f"the file of the head is {behind} row(s) behind: another machine records, too, or a process "
            "died between database and file; the next entry puts it right"
        )
