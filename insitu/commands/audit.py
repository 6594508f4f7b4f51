"""`insitu audit`: the record of what was asked and done, read, exported, verified, pruned and forgotten."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import orjson

from insitu import options
from insitu.commands.audit_keeping import DATE, FILE, keys_of, lineage, prune, resume
from insitu.commands.audit_people import forget, pseudonym, who
from insitu.exits import Exit
from insitu.opening import opened
from insitu.terminal import say, show

if TYPE_CHECKING:
    from governance.audit.reading import Wanted
    from governance.audit.report import Report
    from governance.audit.trail import Trail


@click.group()
def audit() -> None:
    """Read, export and verify the record of what was asked and done.

    Every answer, every refusal and every act of a command is a row of the trail before anybody is answered.
    Rows are chained by hashes and signed from time to time: `verify` finds what was changed since.

    \b
    Examples:
      insitu audit show --dataset cohort-1 --since 2026-11-01
      insitu audit verify
      insitu audit export --output trail.ndjson
    """  # noqa: D301


@audit.command(name="show")
@click.option("--subject", nargs=2, metavar="ISSUER SUBJECT", help="Rows of this account, while it is known.")
@click.option("--dataset", help="Rows that decide about this dataset.")
@click.option("--action", help="Rows of this action (beacon:count) or act (dataset.added).")
@click.option("--outcome", help="Rows whose outcome begins so: answered, refused, failed, done.")
@click.option("--request", help="The row of the request with this id.")
@click.option("--acts", is_flag=True, help="Only what was done by commands.")
@click.option("--since", type=DATE, help="Rows from this moment (UTC) on.")
@click.option("--until", type=DATE, help="Rows before this moment (UTC).")
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="Most rows; 0: all.")
@options.data_dir
@click.option("--json", "as_json", is_flag=True, help="Write each row as JSON, one a line.")
def show_(
    *,
    subject: tuple[str, str] | None,
    acts: bool,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    request: str | None,
    data_dir: Path | None,
    as_json: bool,
    **filters: str | None,
) -> None:
    """Show rows, the newest first.

    \b
    Examples:
      insitu audit show
      insitu audit show --subject https://login.example.org u-1234 --json
      insitu audit show --outcome refused --since 2026-11-01 --limit 0
    """  # noqa: D301
    from governance.audit.reading import Wanted, last_row, newest  # noqa: PLC0415  (slow to import)

    with opened(data_dir) as house:
        wanted = Wanted(
            subject=None if subject is None else pseudonym(house.trail, subject),
            request=None if request is None else house.trail.names.request(request),
            kind="act" if acts else None,
            since=_utc(since),
            until=_utc(until),
            **filters,
        )
        upto = last_row(house.database)
        _read(house.trail, "audit.shown", _asked(wanted, limit))
        for row in newest(house.database, wanted, limit or None, upto):
            click.echo(orjson.dumps(row).decode() if as_json else _line(row))


def _asked(wanted: "Wanted", limit: int) -> dict[str, Any]:
    """The filters that were set; an account stands under its pseudonym."""
    set_ = {key: value for key, value in asdict(wanted).items() if value is not None}
    return {"limit": limit, "filters": {key: str(value) for key, value in set_.items()}}


def _read(trail: "Trail", what: str, details: dict[str, Any], outcome: str = "done") -> None:
    """Records that the trail is read. A trail that is broken has to be looked at all the same."""
    from governance.audit.acts import record_act  # noqa: PLC0415
    from governance.audit.errors import CannotRecord  # noqa: PLC0415

    try:
        record_act(trail, what, details=details, outcome=outcome)
    except CannotRecord:
        say("insitu: warning: that the trail is read could not be recorded; `insitu audit verify` says why")


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """A new file that nobody else can read, on disk at the end of the block."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(descriptor)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _line(row: dict[str, Any]) -> str:
    """A row for a person: number, time, who, what, what came of it, and each dataset."""
    if row["kind"] == "act":
        who, what, about = f"{row['by'].get('user')}", row["what"], [row.get("dataset") or ""]
    else:
        who, what = row["subject"] or "anonymous", row["action"]
        about = [_decided(each) for each in row["decisions"]]
    return f"{row['sequence']}\t{row['at']}\t{who}\t{what}\t{row['outcome']}\t{' '.join(about)}".rstrip()


def _decided(decision: dict[str, Any]) -> str:
    results = "" if decision["results"] is None else f"={decision['results']}"
    adjusted = f" ({decision['adjusted']})" if decision["adjusted"] else ""
    return f"{decision['dataset']}:{decision['given']}{results}{adjusted} [{decision['rule']}]"


@audit.command()
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="The file, a new one.")
@options.data_dir
def export(*, output: Path | None, data_dir: Path | None) -> None:
    """Write the whole trail with checkpoints and public key, one JSON object a line.

    Everything up to now is signed first. docs/audit.md has a short script that verifies such a file without
    Insitu.

    \b
    Example:
      insitu audit export --output trail.ndjson && insitu audit verify --export trail.ndjson
    """  # noqa: D301
    from governance.audit.errors import KeyLost, TrailBroken  # noqa: PLC0415
    from governance.audit.exporting import export as write  # noqa: PLC0415
    from processes.errors import CannotStart  # noqa: PLC0415

    with opened(data_dir) as house:
        _read(house.trail, "audit.exported", {}, "begun")
        try:
            upto = house.trail.checkpoint()
        except (TrailBroken, KeyLost, CannotStart) as broken:
            say(f"insitu: warning: the export is not signed: {broken.public}")
            upto = None
        with nullcontext(sys.stdout.buffer) if output is None else _private(output) as target:
            last = write(house.trail, target, upto)
        details = {"upto": last.sequence, "hash": last.hash.hex(), "signed": upto is not None}
        _read(house.trail, "audit.exported", details)
    say(f"up to row {last.sequence:,}")


@audit.command()
@click.option("--export", "file", type=FILE, help="Verify this export instead of the site's trail.")
@click.option("--key", "key_files", type=FILE, multiple=True, help="Public key (PEM or JWK) kept elsewhere.")
@click.option("--against", type=FILE, multiple=True, help="Token of the witness, or export, kept elsewhere.")
@options.data_dir
@options.as_json
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    file: Path | None,
    against: tuple[Path, ...],
    key_files: tuple[Path, ...],
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Find every row that was changed, taken out, put in or moved, and a missing end.

    Ends with code 0 where the trail is whole and with 5 where it is not; each line says which rows. A file
    of the head that is behind the database is no fault: a process died, or another machine records, too. What
    was kept elsewhere (--against) tells of a whole data folder that was put back to what it was.

    \b
    Examples:
      insitu audit verify
      insitu audit verify --export trail.ndjson --key site-key.json --json
    """  # noqa: D301
    from governance.audit.against import pins_of  # noqa: PLC0415
    from governance.audit.checking import verify_trail  # noqa: PLC0415
    from governance.audit.exporting import verify_export  # noqa: PLC0415

    keys = keys_of(key_files)
    if file is not None:
        report = verify_export(file, keys)
    else:
        with opened(data_dir) as house:
            pins = [pin for each in against for pin in pins_of(each, keys or house.trail.keys.public())]
            report = verify_trail(house.trail, keys, pins)
    show(_described(report)) if as_json else _tell(report)
    if not report.whole:
        ctx.exit(Exit.NOT_WHOLE)


def _described(report: "Report") -> dict[str, Any]:
    names = ("whole", "rows", "first", "last", "checkpoints", "signed", "pruned", "notes")
    described = {name: getattr(report, name) for name in names}
    findings = [
        {"what": each.what, "first": each.first, "last": each.last, "says": each.says}
        for each in report.findings
    ]
    return {**described, "hash": report.hash.hex(), "findings": findings, "moreFindings": report.more}


def _tell(report: "Report") -> None:
    for finding in report.findings:
        click.echo(f"FAULT  {finding}")
    if report.more:
        click.echo(f"FAULT  and {report.more:,} more")
    for note in report.notes:
        click.echo(f"note   {note}")
    state = "whole" if report.whole else "NOT WHOLE"
    click.echo(
        f"{state}: {report.rows:,} rows, {report.first} to {report.last}, {report.checkpoints} checkpoints"
    )


@audit.command()
@options.data_dir
def checkpoint(*, data_dir: Path | None) -> None:
    """Sign the end of the trail now, rather than at the next interval."""
    with opened(data_dir) as house:
        head = house.trail.checkpoint()
    say(f"Row {head.sequence} is signed: {head.hash.hex()}" if head.sequence else "There is no row yet.")


@audit.command()
@options.data_dir
def key(*, data_dir: Path | None) -> None:
    """Write the site's public key as a JWK, to be kept where the site cannot change it."""
    from governance.audit.acts import record_act  # noqa: PLC0415
    from governance.audit.keyring import SITE  # noqa: PLC0415
    from governance.keys.site import public_jwk  # noqa: PLC0415

    with opened(data_dir) as house:
        if not house.trail.keys.has(SITE):
            record_act(house.trail, "key.made")  # a key and no row would look like a trail that was emptied
        show(public_jwk(house.trail.key.public))


for each in (who, prune, forget, resume, lineage):
    audit.add_command(each)
