"""The trail as a file that anybody can verify: one JSON object a line. docs/audit.md specifies it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from governance.audit.chain import Head, Row, written
from governance.audit.checkpoints import EXPORT, Token
from governance.audit.entries import moment
from governance.audit.errors import KeyLost, NotAnExport
from governance.audit.pinned import Outside
from governance.audit.reading import stored
from governance.audit.report import Report
from governance.audit.trail import Trail
from governance.audit.verification import verify
from governance.keys.site import (
    BadSignature,
    PublicKeys,
    SiteKey,
    public_jwk,
    read_public,
    thumbprint,
    verified,
)
from processes.errors import CannotStart

FORM = "insitu-audit"
VERSION = 2
UNSIGNED = 1
"""The version whose last line was never signed."""


def export(trail: Trail, target: BinaryIO, upto: Head | None) -> Head:
    """Writes the trail up to and with the row `upto` (None: all there is) and gives the last row.

    Where `upto` is what `Trail.checkpoint` gave, every row of the export is signed. The last line says how
    much there is, and is signed in any case where the site has its key.
    """
    key = _key(trail)
    count, last = 0, Head()
    with stored(trail.database, None if upto is None else upto.sequence) as found:
        signed = [each.text for each in found.checkpoints if _reaches(each, upto)]
        _line(target, _header(trail, upto, key))
        for token in signed:
            _line(target, {"checkpoint": token})
        for pruned in found.prunings:
            _line(target, {"pruned": pruned.text})
        for row in found.rows:
            _line(target, _fields(row))
            count, last = count + 1, Head(row.sequence, row.hash)
    said = {
        "sequence": last.sequence,
        "hash": last.hash.hex(),
        "rows": count,
        "checkpoints": len(signed),
        "signed": upto is not None and last == upto,
        "at": written(moment(trail.clock())),
    }
    _line(target, {"end": said if key is None else key.sign(EXPORT, said)})
    return last


def _key(trail: Trail) -> SiteKey | None:
    """The site's key; None where it is lost: what is there has to be kept all the same."""
    try:
        return trail.key
    except (KeyLost, CannotStart):
        return None


def _reaches(token: Token, upto: Head | None) -> bool:
    """False for a checkpoint of rows that the export does not have."""
    return upto is None or token.sequence is None or token.sequence <= upto.sequence


def _header(trail: Trail, upto: Head | None, key: SiteKey | None) -> dict[str, Any]:
    return {
        "export": FORM,
        "version": VERSION,
        "at": written(moment(trail.clock())),
        "key": None if key is None else public_jwk(key.public),
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
        own = {} if read.key is None else {thumbprint(read.key): read.key}
        keys_ = keys or own
        report = verify(read.rows(), checkpoints, prunings, Outside(), keys_)
        _ended(read, report, keys_, len(checkpoints))
    if keys is None:
        named = ", ".join(own) or "none"
        says = f"verified with the key that the export itself names, {named}: is that the site's?"
        report.notes.append(says)
    return report


class _Read:
    """An export as it is read: a header, tokens, rows, an end."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._lines = enumerate(file, 1)
        self._path = path
        self._first: dict[str, Any] | None = None
        self.version = 0
        self.key: EllipticCurvePublicKey | None = None
        self.end: object = None

    def tokens(self) -> tuple[list[Token], list[Token]]:
        """The checkpoints and the records of pruning; `key` is known from now on."""
        header = self._next()
        if header is None or header.get("export") != FORM or header.get("version") not in (UNSIGNED, VERSION):
            raise NotAnExport(f"{self._path} is no export of an audit trail that this Insitu can read")
        self.version = header["version"]
        try:
            if header["key"] is not None:
                self.key = read_public(orjson.dumps(header["key"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            raise NotAnExport(f"{self._path} has no public key in its first line") from None
        tokens: dict[str, list[Token]] = {"checkpoint": [], "pruned": []}
        while (line := self._next()) is not None:
            kind = next(iter(line))
            if kind not in tokens:
                self._first = line
                break
            tokens[kind].append(Token(str(line[kind])))
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

    def more(self) -> bool:
        """True where something follows the last line."""
        return next(self._lines, None) is not None

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


def _ended(read: _Read, report: Report, keys: PublicKeys, checkpoints: int) -> None:
    """Is the last line there, signed by the site, the last one, and does it say what was read?"""
    if read.end is None:
        says = "may be missing: the export has no last line and was cut short"
        report.found("missing", report.last + 1, report.last + 1, says)
        return
    said = _said(read, report, keys)
    if said is None:
        return
    has = {
        "sequence": report.last,
        "hash": report.hash.hex(),
        "rows": report.rows,
        "checkpoints": checkpoints,
    }
    if read.version == UNSIGNED:
        del has["checkpoints"]  # which it did not count
    if any(said.get(each) != value for each, value in has.items()) or read.more():
        says = f"the export was made of {said.get('rows')} rows up to row {said.get('sequence')}, of others"
        report.found("missing", report.last, report.last, f"{says}, or of another number of checkpoints")
    if read.version == UNSIGNED:
        report.notes.append("its last line is not signed: the export is of an Insitu that did not sign it")
    elif said.get("signed") is not True:
        report.found("signed", 0, 0, "the site says itself that it could not sign what it exported here")
    elif report.signed != report.last:
        report.found("signed", report.signed + 1, report.last, "not signed, in an export that says it is")


def _said(read: _Read, report: Report, keys: PublicKeys) -> dict[str, Any] | None:
    """What the last line says; None where that is worth nothing."""
    if read.version == UNSIGNED and isinstance(read.end, dict):
        return read.end
    try:
        return verified(str(read.end), EXPORT, keys)
    except BadSignature as bad:
        report.found("signature", 0, 0, f"the last line of the export {bad}")
        return None
