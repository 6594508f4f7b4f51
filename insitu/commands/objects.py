"""`insitu objects`: what DRS serves, and whether it is still what was registered."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.opening import opened
from insitu.terminal import say, show, size, table

if TYPE_CHECKING:
    from drs.domain.objects import DrsObject
    from insitu.house import House

_THREADS = click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Files that are read at a time.",
)


@click.group()
def objects() -> None:
    """List, show, remove and verify objects: the files that DRS serves.

    Objects are registered with `insitu load objects`. The bytes stay where they are: what is removed here is
    only what the site knows of them.

    \b
    Examples:
      insitu objects list --dataset cohort-1
      insitu objects verify
    """  # noqa: D301


@objects.command(name="list")
@click.option("--dataset", required=True, help="The dataset whose objects are listed.")
@click.option("--after", default="", help="Begin after the object of this id.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many.")
@options.data_dir
@options.as_json
def list_(*, dataset: str, after: str, limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List the objects of a dataset, by id.

    \b
    Example:
      insitu objects list --dataset cohort-1 --limit 1000 --json
    """  # noqa: D301
    with opened(data_dir) as house:
        from drs.store.objects import page  # noqa: PLC0415

        name = house.register.get(dataset).id
        with house.database.reading() as connection:
            found = page(connection, name, after, limit)
    if as_json:
        show([_json(each) for each in found])
        return
    rows = [
        [each.id, each.name or "-", size(each.size), "bundle" if each.bundle else each.state]
        for each in found
    ]
    table(["ID", "NAME", "SIZE", "STATE"], rows)


@objects.command(name="show")
@click.argument("id_", metavar="ID")
@options.data_dir
@options.as_json
def show_(*, id_: str, data_dir: Path | None, as_json: bool) -> None:
    """Show an object: its checksums, where its bytes lie, its indexes, what a bundle holds.

    ID is an id or an alias.
    """
    with opened(data_dir) as house:
        found = _get(house, id_)
        from drs.store import objects as store  # noqa: PLC0415

        with house.database.reading() as connection:
            indexes = store.companions(connection, found.id)
            members = store.members(connection, [found.id], 1_000, expand=False).get(found.id, ())
    told = _json(found) | {
        "indexes": {kind: each.id for kind, each in indexes.items()},
        "contents": [{"name": name, "id": member} for name, member, _ in members],
    }
    if as_json:
        show(told)
        return
    for key, value in told.items():
        for each in value if isinstance(value, list) else [value]:
            click.echo(f"{key + ':':<14}{_text(each)}")


@objects.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
def remove(*, ids: tuple[str, ...], yes: bool, data_dir: Path | None) -> None:
    """Forget objects: their ids lead nowhere from then on. The bytes stay.

    An object that a bundle holds can be removed after the bundle only.
    """
    from drs.desk import remove as removed  # noqa: PLC0415
    from insitu.acts import acting  # noqa: PLC0415

    with opened(data_dir) as house:
        found = [_get(house, each) for each in ids]
        if not yes and not click.confirm(f"Remove {len(found)} object(s)?", err=True):
            raise Stop("nothing was removed", Exit.REFUSED)
        for each in found:
            with acting(house, "object.removed", dataset=each.dataset, details={"object": each.id}):
                removed(house.database, each)
            say(f"{each.id} is removed.")


@objects.command()
@click.option("--dataset", help="Only this dataset's objects.  [default: all]")
@click.option("--quick", is_flag=True, help="Look at sizes and times only; read nothing.")
@_THREADS
@options.data_dir
@options.as_json
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    dataset: str | None,
    quick: bool,
    threads: int,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Read every file again and say which are not what was registered. Ends with code 5 where any is not.

    DRS does not serve what was found to be gone or changed, until it is found to be well again. What was
    registered without a checksum, and no worker has prepared, gets one here.

    \b
    Examples:
      insitu objects verify --dataset cohort-1
      insitu objects verify --quick --json
    """  # noqa: D301
    from insitu.filing import verify_objects  # noqa: PLC0415

    with opened(data_dir) as house:
        names = [each.id for each in house.register.all()] if dataset is None else [dataset]
        found = {name: verify_objects(house, name, threads=threads, reads=not quick) for name in names}
    if as_json:
        show({name: asdict(each) for name, each in found.items()})
    for name, each in found.items() if not as_json else ():
        click.echo(
            f"{name}: {each.well:,} well, {each.changed:,} changed, {each.missing:,} gone, "
            f"{each.unreachable:,} not to be reached, {each.unchecked:,} without a checksum to compare; "
            f"{size(each.bytes)}"
        )
        for problem in each.problems[:50]:
            click.echo(f"  {problem}")
    if not all(each.sound for each in found.values()):
        ctx.exit(Exit.NOT_WHOLE)


def _get(house: "House", identifier: str) -> "DrsObject":
    from drs.store.objects import find  # noqa: PLC0415

    with house.database.reading() as connection:
        found = find(connection, [identifier], [identifier]).get(identifier)
    if found is None:
        raise Stop(f"there is no object {identifier[:255]}", Exit.REFUSED)
    return found


def _json(found: "DrsObject") -> dict[str, object]:
    from drs.administration import shown  # noqa: PLC0415

    return shown(found)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items() if each is not None) or "-"
    return "-" if value is None else str(value)
