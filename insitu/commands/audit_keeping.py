"""`insitu audit prune`, `resume`, `lineage`: what may leave the trail, what it says of data."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.opening import opened
from insitu.terminal import say, show

if TYPE_CHECKING:
    from governance.keys.site import PublicKeys

DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
FILE = click.Path(path_type=Path, dir_okay=False, exists=True, readable=True)


def keys_of(files: Sequence[Path]) -> "PublicKeys | None":
    """The public keys in the files, by name; None for no file.

    Raises:
        Stop: one of them is none.
    """
    from governance.keys.site import read_public, thumbprint  # noqa: PLC0415

    found = {}
    for each in files:
        try:
            key = read_public(each.read_bytes())
        except (ValueError, KeyError):
            raise Stop(f"{each} is no P-256 public key in PEM or JWK", Exit.REFUSED) from None
        found[thumbprint(key)] = key
    return found or None


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
        ask(f"Delete rows of before {before:%Y-%m-%d %H:%M} for good?", yes=yes)
        gone = take_out(house.trail, before.replace(tzinfo=UTC))
    say(f"Rows {gone.first} to {gone.upto} are gone.")


@click.command()
@click.option("--reason", required=True, help="Why rows are missing, for the record.")
@click.option("--accept-tampering", is_flag=True, help="Go on although more is wrong: for ever on record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
def resume(*, reason: str, accept_tampering: bool, yes: bool, data_dir: Path | None) -> None:
    """Go on recording after a backup of the database was put back.

    A site does not answer while its database holds less of the trail than it has written. This verifies what
    is there, and records what is missing and that you accept it. Where more is wrong than a missing end, it
    refuses: that is evidence. With --accept-tampering it goes on all the same, and every later verification
    finds, signed, what was wrong and who accepted it.

    \b
    Example:
      insitu audit resume --reason "backup of 2026-11-20 restored after a disk failure"
    """  # noqa: D301
    from governance.audit import resuming  # noqa: PLC0415

    with opened(data_dir) as house:
        looked = resuming.look(house.trail)
        for each in looked.report.findings:
            say(f"FAULT  {each}")
        if why := resuming.refusal(looked, tampering=accept_tampering):
            raise Stop(why, Exit.REFUSED)
        written = "nobody knows which" if looked.known is None else looked.known.sequence
        ask(f"Go on after row {looked.found.sequence}, of {written} that were written?", yes=yes)
        head = resuming.resume(house.trail, looked, reason, tampering=accept_tampering)
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


def ask(question: str, *, yes: bool) -> None:
    """Asks the person at the keyboard.

    Raises:
        Stop: they do not want it.
    """
    if not yes and not click.confirm(question, err=True):
        raise Stop("nothing was done", Exit.REFUSED)
