"""Verification of the trail in the database, with everything that this site knows about it."""

from governance.audit.headfile import HeadFile
from governance.audit.reading import stored
from governance.audit.trail import Trail
from governance.audit.verification import Report, verify
from governance.audit.witness import read_state
from governance.keys.site import PublicKeys


def verify_trail(trail: Trail, keys: PublicKeys | None = None) -> Report:
    """The report over the whole trail as it is now; by the site's own key where none is given.

    The site may go on recording meanwhile. Memory does not grow with the number of rows.
    """
    file = HeadFile(trail.folder)
    head = file.read()  # before the rows are: what is recorded from now on is not missed
    if keys is None:
        keys = {trail.key.kid: trail.key.public}
    with stored(trail.database) as found:
        report = verify(found.rows, found.checkpoints, found.prunings, head, keys)
    if head is None and report.rows:
        report.notes.append(f"{file.path} is missing: nothing outside the database says where it ends")
    _witness(trail, report)
    return report


def _witness(trail: Trail, report: Report) -> None:
    state = read_state(trail.folder / "audit" / "witness.json")
    failing, told = state.get("failing"), state.get("told")
    if told:
        report.notes.append(f"the witness was told of row {told['sequence']} on {told['at']}")
    if failing:
        report.notes.append(f"the witness cannot be told: {failing['why']}, {failing['times']} time(s)")
