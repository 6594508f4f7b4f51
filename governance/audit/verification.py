"""Is the trail whole? Finds every row that was changed, taken out, put in or moved, and a missing end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import orjson

from governance.audit.chain import Head, Row, read_time, row_hash
from governance.audit.checkpoints import Checkpoint, Token
from governance.audit.pinned import Outside, Pin
from governance.audit.report import Report
from governance.audit.seals import Counting, read_seal
from governance.audit.tokens import read_checkpoints, read_prunings
from governance.keys.site import PublicKeys

_RESUMED = '"what":"audit.resumed"'
_BEFORE = "the file of the head"


def verify(
    rows: Iterable[Row],
    checkpoints: Sequence[Token],
    prunings: Sequence[Token],
    outside: Outside,
    keys: PublicKeys,
) -> Report:
    """The report over a trail; rows are read once, in order, and not kept."""
    report = Report()
    signed = read_checkpoints(checkpoints, keys, outside.signed, report)
    start, writers = read_prunings(prunings, keys, report)
    pins = outside.pins if outside.head is None else (Pin(outside.head, _BEFORE, own=True), *outside.pins)
    counting = Counting(outside.secret, lambda writer: writers.get(writer, 0))
    walk = _Walk(report, start, signed, pins, counting, sealing=bool(writers))
    walk.over(rows)
    _end(report, pins, signed)
    _behind(report, outside.head)
    walk.ended()
    if report.last > report.signed:
        count = report.last - report.signed
        report.notes.append(f"the last {count} row(s) are chained but not signed yet")
    report.writers = {**writers, **counting.last}
    return report


class _Walk:
    """Goes over the rows once."""

    def __init__(
        self,
        report: Report,
        start: Head,
        signed: dict[int, Checkpoint],
        pins: Iterable[Pin],
        counting: Counting,
        *,
        sealing: bool,
    ) -> None:
        self._report = report
        self._signed = signed
        self._pins: dict[int, list[Pin]] = defaultdict(list)
        for each in pins:
            self._pins[each.head.sequence].append(each)
        self._counting = counting
        self._sealing = sealing
        self._unsealed = 0
        self._sequence, self._hash = start.sequence, start.hash
        self._missing = 0
        self._moved = 0
        self._gone_on: int | None = None
        self._unmatched: list[Pin] = []

    def over(self, rows: Iterable[Row]) -> None:
        """Reports on each row, and on what is missing between them."""
        for row in rows:
            self._place(row)
            recorded = self._content(row)
            self._sealed(row, recorded=recorded)
            if recorded and _RESUMED in row.body:
                self._resumed(row)
            self._vouched(row)
            self._sequence, self._hash = row.sequence, row.hash
            self._report.first = self._report.first or row.sequence
            self._report.rows += 1
        self._report.last, self._report.hash = self._sequence, self._hash

    def ended(self) -> None:
        """Reports on what only the end tells: rows of before there were seals, and rows that others know."""
        if self._unsealed > self._report.signed:
            says = "no seal, and no checkpoint vouches for it: of before there were seals, or put in since"
            what = "seal" if self._sealing else "unsealed"
            self._report.found(what, self._report.signed + 1, self._unsealed, says)
        for pin in self._unmatched:
            self._not_the_same(pin)

    def _not_the_same(self, pin: Pin) -> None:
        """Lost with a backup that was put back, where a signed row says so, or rewritten."""
        row = pin.head.sequence
        if pin.own and self._gone_on is not None and self._gone_on <= min(row, self._report.signed):
            says = (
                f"not the row that {pin.name} knows, which was lost before row {self._gone_on}, on another "
                "machine: `insitu audit resume` goes on here, too"
            )
            self._report.found("lost", row, row, says)
            return
        says = f"not the row that {pin.name} knows: it, or rows before it, were rewritten"
        self._report.found("rewritten", row, row, says)

    def _place(self, row: Row) -> None:
        """Does it follow the row before?"""
        expected = self._sequence + 1
        if row.sequence > expected:
            self._missing += row.sequence - expected
            self._report.found("missing", expected, row.sequence - 1, "missing, taken out of the trail")
        elif row.sequence < expected:
            self._report.found("order", row.sequence, row.sequence, "stands twice or after a later row")
        elif row.previous != self._hash:
            says = (
                "does not follow the row before it: that one was replaced or put in, or rows between them "
                "were taken out and the rest numbered anew"
            )
            self._report.found("link", row.sequence, row.sequence, says)

    def _content(self, row: Row) -> bool:
        """Is it what was recorded?"""
        if not _hashed(row.sequence, row):
            self._found_out(row)
            return False
        if row.at is not None and not _columns_agree(row):
            says = "its columns `at` and `kind` were changed: they are not what the row itself says"
            self._report.found("changed", row.sequence, row.sequence, says)
        return True

    def _found_out(self, row: Row) -> None:
        """A row that is not what its hash says: whole under another number, or changed."""
        for moved in dict.fromkeys((self._moved, self._moved + 1, self._moved - 1, 1, -1)):
            number = row.sequence + moved
            if moved and number > 0 and _hashed(number, row):
                self._moved = moved
                way = "later" if moved < 0 else "earlier"
                says = f"recorded {abs(moved)} row(s) {'earlier' if moved < 0 else 'later'} and moved {way}"
                self._report.found("moved", row.sequence, row.sequence, says)
                return
        says = "changed: content, number or link are not what its hash was made of"
        self._report.found("changed", row.sequence, row.sequence, says)

    def _sealed(self, row: Row, *, recorded: bool) -> None:
        """Is it the site's own, and the next of its writer? Of a changed row the number alone counts."""
        seal = read_seal(row.body)
        if not recorded:
            if seal is not None:
                self._counting.counted(seal, self._missing)
            return
        fault: str | None = None
        if seal is not None:
            self._sealing = True
            fault = self._counting.fault(seal, self._missing)
        elif self._sealing:
            fault = "has no seal: it was put in by somebody else"
        else:
            self._unsealed = row.sequence
        if fault is not None:
            self._report.found("seal", row.sequence, row.sequence, fault)

    def _vouched(self, row: Row) -> None:
        """Do checkpoints and others know it?"""
        for pin in self._pins.get(row.sequence, ()):
            if row.hash != pin.head.hash:
                self._unmatched.append(pin)
        signed = self._signed.get(row.sequence)
        if signed is None:
            return
        if signed.head.hash == row.hash:
            self._report.signed = row.sequence
            return
        says = (
            f"not the row that was signed on {signed.at}: it, or rows before it back to the last checkpoint, "
            "were rewritten"
        )
        self._report.found("rewritten", row.sequence, row.sequence, says)

    def _resumed(self, row: Row) -> None:
        """Was something lost before it, and was that said?"""
        try:
            body = orjson.loads(row.body)
        except ValueError:
            return  # its hash fits and it is no JSON: the columns have said so
        if isinstance(body, dict) and body.get("kind") == "act":
            self._gone_on = self._gone_on or row.sequence
            missing = f"row {row.sequence} says that rows were lost before it: {body.get('details')}"
            self._report.notes.append(f"{missing}; accepted by {body.get('by')} on {body.get('at')}")


def _hashed(number: int, row: Row) -> bool:
    """True where the row's hash is that of its content under this number."""
    try:
        return row_hash(number, row.previous, row.body) == row.hash
    except UnicodeEncodeError:
        return False


def _columns_agree(row: Row) -> bool:
    try:
        body = orjson.loads(row.body)
        return bool(row.at == read_time(body["at"]) and row.kind == body["kind"])
    except (ValueError, KeyError, TypeError):
        return False


def _end(report: Report, pins: Iterable[Pin], signed: dict[int, Checkpoint]) -> None:
    """Is the end there? Checkpoints and others know how far the trail was."""
    last = report.promised = max(signed, default=0)
    known = [(last, f"signed on {signed[last].at}")] if last else []
    known += sorted((each.head.sequence, f"{each.name} knows them") for each in pins)
    told = report.last
    for upto, who in known:
        if upto > told:
            report.found("missing", told + 1, upto, f"missing at the end: {who}")
            told = upto


def _behind(report: Report, head: Head | None) -> None:
    if head is not None and head.sequence < report.last:
        behind = report.last - head.sequence
        report.notes.append(
            f"the file of the head is {behind} row(s) behind: another machine records, too, or a process "
            "died between database and file; the next entry puts it right"
        )
