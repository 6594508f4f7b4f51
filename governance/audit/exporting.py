"""The trail as a file that anybody can verify: one JSON object a line. docs/audit.md specifies it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from governance.audit.chain import Head, Row, written
from governance.audit.entries import moment
from governance.audit.errors import NotAnExport
from governance.audit.reading import stored
from governance.audit.trail import Trail
from governance.audit.verification import Report, verify
from governance.keys.site import PublicKeys, public_jwk, read_public, thumbprint

FORM = "insitu-audit"
VERSION = 1


def export(trail: Trail, target: BinaryIO, upto: Head | None) -> int:
    """Writes the trail up to and with the row `upto` (None: all there is) and gives the number of rows.

    Where `upto` is what `Trail.checkpoint` gave, every row of the export is signed.
    """
    count, last = 0, Head()
    with stored(trail.database, None if upto is None else upto.sequence) as found:
        _line(target, _header(trail, upto))
        for token in found.checkpoints:
            _line(target, {"checkpoint": token})
        for token in found.prunings:
            _line(target, {"pruned": token})
        for row in found.rows:
            _line(target, _fields(row))
            count, last = count + 1, Head(row.sequence, row.hash)
    _line(target, {"end": {"sequence": last.sequence, "hash": last.hash.hex(), "rows": count}})
    return count


def _header(trail: Trail, upto: Head | None) -> dict[str, Any]:
    return {
        "export": FORM,
        "version": VERSION,
        "at": written(moment(trail.clock())),
        "key": public_jwk(trail.key.public),
        "signed": upto is not None,
    }


def _fields(row: Row) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
        "body": row.body,
    }


def _line(target: BinaryIO, value: dict[str, Any]) -> None:
    target.write(orjson.dumps(value) + b"\n")


def verify_export(path: Path, keys: PublicKeys | None) -> Report:
    """The report over an export; with its own key, which anybody may have put there, where none is given.

    Raises:
        NotAnExport: the file is none, or a line of it cannot be read; says which.
    """
    with path.open("rb") as file:
        read = _Read(file, path)
        checkpoints, prunings = read.tokens()
        own = thumbprint(read.key)
        report = verify(read.rows(), checkpoints, prunings, None, keys or {own: read.key})
    if keys is None:
        says = f"verified with the key that the export itself names, {own}: is that the site's?"
        report.notes.append(says)
    _ended(read, report)
    return report


class _Read:
    """An export as it is read: a header, tokens, rows, an end."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._lines = enumerate(file, 1)
        self._path = path
        self._first: dict[str, Any] | None = None
        self.end: dict[str, Any] | None = None

    def tokens(self) -> tuple[list[str], list[str]]:
        """The checkpoints and the records of pruning; `key` is known from now on."""
        header = self._next()
        if header is None or header.get("export") != FORM or header.get("version") != VERSION:
            raise NotAnExport(f"{self._path} is no export of an audit trail that this Insitu can read")
        try:
            self.key = read_public(orjson.dumps(header["key"]))
        except (KeyError, ValueError):
            raise NotAnExport(f"{self._path} has no public key in its first line") from None
        tokens: dict[str, list[str]] = {"checkpoint": [], "pruned": []}
        while (line := self._next()) is not None:
            kind = next(iter(line))
            if kind not in tokens:
                self._first = line
                break
            tokens[kind].append(str(line[kind]))
        return tokens["checkpoint"], tokens["pruned"]

    def rows(self) -> Iterator[Row]:
        """The rows in the order of the file."""
        line = self._first
        while line is not None:
            if "end" in line:
                self.end = line["end"]
                return
            yield self._row(line)
            line = self._next()

    def _row(self, line: dict[str, Any]) -> Row:
        try:
            previous, hash_ = bytes.fromhex(line["previous"]), bytes.fromhex(line["hash"])
            return Row(int(line["sequence"]), str(line["body"]), previous, hash_)
        except (KeyError, ValueError, TypeError):
            raise NotAnExport(f"{self._path}: line {self._number} is not a row of a trail") from None

    def _next(self) -> dict[str, Any] | None:
        self._number, content = next(self._lines, (0, None))
        if content is None:
            return None
        try:
            found = orjson.loads(content)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not found:
            raise NotAnExport(f"{self._path}: line {self._number} cannot be read; was the file cut short?")
        return found


def _ended(read: _Read, report: Report) -> None:
    """Is the last line there, and does it say what was read?"""
    if read.end is None:
        says = "may be missing: the export has no last line and was cut short"
        report.found("missing", report.last + 1, report.last + 1, says)
    elif (read.end.get("sequence"), read.end.get("rows")) != (report.last, report.rows):
        says = f"the export says that it ends with row {read.end.get('sequence')}"
        report.found("missing", report.last, report.last, says)
