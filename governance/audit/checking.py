"""Verification of the trail in the database, with everything that this site knows about it."""

from collections.abc import Iterable

from governance.audit.chain import Head
from governance.audit.errors import HeadUnreadable, KeyLost
from governance.audit.headfile import HeadFile
from governance.audit.keyring import NAMES, SITE
from governance.audit.pinned import Outside, Pin
from governance.audit.reading import stored
from governance.audit.report import Report
from governance.audit.trail import Trail
from governance.audit.verification import verify
from governance.audit.witness import read_state, told
from governance.keys.site import PublicKeys
from processes.errors import CannotStart


def verify_trail(trail: Trail, keys: PublicKeys | None = None, against: Iterable[Pin] = ()) -> Report:
    """The report over the whole trail as it is now; by the site's own keys where none are given.

    `against` are rows that are known from elsewhere. The site may go on recording meanwhile. Memory does not
    grow with the number of rows. Makes no key.
    """
    faults: list[tuple[str, str]] = []
    head = _read(trail.head_file, faults)  # before the rows are: what is recorded from now on is not missed
    signed = _read(trail.signed_file, faults)
    witness = told(trail.folder)
    pins = [*against] if witness is None else [*against, Pin(witness, "the witness", own=True)]
    outside = Outside(head, signed, tuple(pins), _secret(trail, faults))
    public = _public(trail, faults) if keys is None else keys
    with stored(trail.database) as found:
        report = verify(found.rows, found.checkpoints, found.prunings, outside, public)
    for what, says in faults:
        report.found(what, 0, 0, says)
    _absent(trail, report, head, signed)
    _witness(trail, report)
    return report


def _read(file: HeadFile, faults: list[tuple[str, str]]) -> Head | None:
    try:
        return file.read()
    except (HeadUnreadable, OSError) as error:
        faults.append(("head", getattr(error, "public", None) or f"{file.path} cannot be read: {error}"))
        return None


def _secret(trail: Trail, faults: list[tuple[str, str]]) -> bytes | None:
    try:
        trail.keys.check(NAMES)
    except (KeyLost, CannotStart) as lost:
        faults.append(("keys", lost.public))
    try:
        return trail.keys.sealing()
    except (KeyLost, CannotStart) as lost:
        faults.append(("keys", lost.public))
        return None


def _public(trail: Trail, faults: list[tuple[str, str]]) -> PublicKeys:
    faults.extend(("keys", each) for each in trail.keys.unreadable())
    try:
        return trail.keys.public()
    except (KeyLost, CannotStart) as lost:
        faults.append(("keys", lost.public))
    return {}


def _absent(trail: Trail, report: Report, head: Head | None, signed: Head | None) -> None:
    """A site that has recorded has the files that say how far it was."""
    path = trail.head_file.path
    if head is None and not path.exists() and (report.rows or trail.keys.has(SITE) or trail.keys.begun()):
        report.found("head", 0, 0, f"{path} is missing: nothing outside the database says where it ends")
    path = trail.signed_file.path
    if signed is None and not path.exists() and report.checkpoints:
        report.notes.append(f"{path} is missing: checkpoints that are missing at the end are not seen")


def _witness(trail: Trail, report: Report) -> None:
    state = read_state(trail.folder)
    failing, said = state.get("failing"), state.get("told")
    if said:
        report.notes.append(f"the witness was told of row {said['sequence']} on {said['at']}")
    if failing:
        report.notes.append(f"the witness cannot be told: {failing['why']}, {failing['times']} time(s)")
