"""`insitu audit prune`, `forget`, `resume`, `lineage`: what may leave the trail, what it says of data."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.opening import opened
from insitu.terminal import say, show

DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


def pseudonym(trail: Any, account: tuple[str, str]) -> str:
    """The name of an account in the trail.

    Raises:
        Stop: it has none.
    """
    from governance.caller import Identity  # noqa: PLC0415  (slow to import)

    found = trail.names.known(Identity(*account))
    if found is None:
        raise Stop(f"{account[1]} of {account[0]} has never asked here, or is forgotten", Exit.REFUSED)
    return str(found)


@click.command()
@click.option("--before", type=DATE, required=True, help="Rows from this moment (UTC) on stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
def prune(*, before: datetime, yes: bool, data_dir: Path | None) -> None:
    """Take old rows out of the trail, in whole signed stretches.

    A signed record of what went stays, so that the rest still verifies. Export first what must be kept.

    \b
    Example:
      insitu audit prune --before 2024-01-01
    """  # noqa: D301
    from governance.audit.pruning import prune as take_out  # noqa: PLC0415

    with opened(data_dir) as house:
        _ask(f"Delete rows of before {before:%Y-%m-%d %H:%M} for good?", yes=yes)
        gone = take_out(house.trail, before.replace(tzinfo=UTC))
    say(f"Rows {gone.first} to {gone.upto} are gone.")


@click.command()
@click.argument("issuer")
@click.argument("subject")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
def forget(*, issuer: str, subject: str, yes: bool, data_dir: Path | None) -> None:
    """Destroy the key of an account: nobody can tell any more which rows are about it.

    The rows stay, and the trail stays whole. The same account is somebody new if it asks again. Accounts that
    are linked to it are forgotten one by one.

    \b
    Example:
      insitu audit forget https://login.example.org u-1234
    """  # noqa: D301
    from governance.audit.acts import acting  # noqa: PLC0415
    from governance.caller import Identity  # noqa: PLC0415

    with opened(data_dir) as house:
        name = pseudonym(house.trail, (issuer, subject))
        _ask(f"Forget {subject} of {issuer} for good?", yes=yes)
        with acting(house.trail, "audit.forgotten", details={"pseudonym": name}):
            house.trail.names.forget(Identity(issuer, subject))
    say(f"{name} is nobody now.")


@click.command()
@click.option("--reason", required=True, help="Why rows are missing, for the record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
def resume(*, reason: str, yes: bool, data_dir: Path | None) -> None:
    """Go on recording after a backup of the database was put back.

    A site does not answer while its database holds less of the trail than it has written. This records what
    is missing, and that you accept it.

    \b
    Example:
      insitu audit resume --reason "backup of 2026-11-20 restored after a disk failure"
    """  # noqa: D301
    from governance.audit import resuming  # noqa: PLC0415

    with opened(data_dir) as house:
        lost = resuming.missing(house.trail)
        if lost is None:
            raise Stop("nothing is missing: the database holds all that was written", Exit.REFUSED)
        _ask(f"Accept that rows after {lost.found.sequence} up to {lost.known.sequence} are lost?", yes=yes)
        head = resuming.resume(house.trail, lost, reason)
    say(f"The trail goes on with row {head.sequence}, which says so.")


@click.command()
@click.argument("dataset")
@options.data_dir
@options.as_json
def lineage(*, dataset: str, data_dir: Path | None, as_json: bool) -> None:
    """Show which files, by checksum, became which release of a DATASET."""
    from insitu.lineage import lineage as found_out  # noqa: PLC0415

    with opened(data_dir) as house:
        found = found_out(house, dataset)
    if as_json:
        show(found)
        return
    for line in _history(found):
        click.echo(line)


def _history(found: dict[str, Any]) -> Iterator[str]:
    """The loads, each with its files, then what the dataset holds now."""
    for act in found["acts"]:
        release = act["details"].get("release")
        became = f": release {release['generation']}.{release['sequence']}" if release else ""
        who = act["by"].get("user")
        yield f"{act['at']}  row {act['sequence']}  {act['what']} {act['outcome']} by {who}{became}"
        for file in act["details"].get("files", ()):
            yield _file(file)
    current = found["release"]
    yield f"now: release {current['generation']}.{current['sequence']}" if current else "now: nothing loaded"
    for file in found["files"]:
        yield _file(file)


def _file(file: dict[str, Any]) -> str:
    return f"    {file['sha256'] or 'not in the trail':<64}  {file['bytes']:>14,}  {file['path']}"


def _ask(question: str, *, yes: bool) -> None:
    if not yes and not click.confirm(question, err=True):
        raise Stop("nothing was done", Exit.REFUSED)
