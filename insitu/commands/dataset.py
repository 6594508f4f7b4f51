"""`insitu dataset`: registers datasets and says what each gives to whom."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from governance.datasets import PROTECTIONS, Circle, Dataset, Tier
from insitu import options, terms
from insitu.acts import acting
from insitu.exits import Exit, Stop
from insitu.opening import opened
from insitu.terminal import say, show, table

if TYPE_CHECKING:
    from insitu.house import House


@click.group()
def dataset() -> None:
    """Register datasets and say what each gives.

    A dataset is what a custodian governs as one thing. It gives nothing unless an option says so: --anonymous
    is for anybody, --registered for GA4GH Registered Access, --controlled for holders of a grant. One that is
    open to anybody at record level is open data and answers exactly. Each change goes on record.

    \b
    Examples:
      insitu dataset add cohort-1 --assembly GRCh38 --anonymous count --name "Cohort 1"
      insitu dataset set cohort-1 --controlled record --grant https://ega-archive.org/datasets/EGAD1
      insitu dataset list
    """  # noqa: D301


@dataset.command()
@click.argument("id_", metavar="ID")
@click.option("--assembly", required=True, help="GRCh37, GRCh38, T2T-CHM13v2.0, or another one's name.")
@click.option("--name", help="What people call it.  [default: the id]")
@click.option("--description", default="", help="What it is, in a sentence.")
@click.option("--test", is_flag=True, help="Fake data, to be asked with Beacon's testMode.")
@terms.options
@options.data_dir
@options.as_json
def add(
    *,
    id_: str,
    assembly: str,
    name: str | None,
    description: str,
    test: bool,
    data_dir: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Register a dataset, empty until variants are loaded.

    The ID is letters, digits, dots, dashes and underscores, at most 64 of them.

    \b
    Example:
      insitu dataset add cohort-1 --assembly GRCh38 --anonymous count --registered record
    """  # noqa: D301
    said = terms.said(given, PROTECTIONS["default"])
    said |= {"description": description, "test": test, **({} if name is None else {"name": name})}
    with opened(data_dir) as house:
        with acting(house, "dataset.added", dataset=id_, details=_plain(said)):
            found = house.register.add(id_, assembly, **said)
        _report(house, found, as_json=as_json)
    say(f"Next: insitu load vcf FILE... --dataset {id_}")


@dataset.command(name="list")
@options.data_dir
@options.as_json
def list_(*, data_dir: Path | None, as_json: bool) -> None:
    """List the datasets: assembly, what each caller gets, samples, alleles, last load."""
    with opened(data_dir) as house:
        described = [_described(house, each) for each in house.register.all()]
    if as_json:
        show(described)
        return
    fields = ("id", "assembly", *terms.TIERS, "samples", "alleles", "loaded", "name")
    table([each.upper() for each in fields], [[_text(row[each]) for each in fields] for row in described])


@dataset.command(name="show")
@click.argument("id_", metavar="ID")
@options.data_dir
@options.as_json
def show_(*, id_: str, data_dir: Path | None, as_json: bool) -> None:
    """Show a dataset: its terms, its files and its loads."""
    with opened(data_dir) as house:
        _report(house, house.register.get(id_), as_json=as_json)


@dataset.command(name="set")
@click.argument("id_", metavar="ID")
@click.option("--name", help="What people call it.")
@click.option("--description", help="What it is, in a sentence.")
@terms.options
@terms.clear
@options.data_dir
@options.as_json
def set_(
    *,
    id_: str,
    name: str | None,
    description: str | None,
    data_dir: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Change what a dataset gives, its terms, its name or its description. A running site follows at once.

    Values of a repeated option replace those of before.

    \b
    Examples:
      insitu dataset set cohort-1 --anonymous none
      insitu dataset set cohort-1 --duo HMB --duo NPU --jurisdiction eu-gdpr --protection strict
      insitu dataset set cohort-1 --clear grants
    """  # noqa: D301
    if not (name or any(each not in (None, ()) for each in (description, *given.values()))):
        raise click.UsageError("nothing to change: give at least one option")
    with opened(data_dir) as house:
        said = terms.said(given, house.register.get(id_).protection)
        said |= {} if name is None else {"name": name}
        said |= {} if description is None else {"description": description}
        with acting(house, "dataset.changed", dataset=id_, details=_plain(said)):
            found = house.register.change(id_, **said)
        _report(house, found, as_json=as_json)


@dataset.command()
@click.argument("id_", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
def remove(*, id_: str, data_dir: Path | None, yes: bool) -> None:
    """Remove a dataset and everything loaded into it, its objects too. The files stay."""
    with opened(data_dir) as house:
        found = house.register.get(id_)
        question = f"Remove {found.id} ({found.name}) with everything in it?"
        if not yes and not click.confirm(question, err=True):
            raise Stop(f"{id_} was not removed", Exit.REFUSED)
        with acting(house, "dataset.removed", dataset=id_):
            house.variants.drop(id_)  # first, because it is what may be refused: a load may be running
            house.drop_objects(id_)
            house.register.remove(id_)
    say(f"{id_} is removed.")


def _described(house: "House", found: Dataset) -> dict[str, Any]:
    """A dataset as JSON shows it, what is loaded of it included."""
    release = house.variants.release(found.id)
    return terms.told(found) | {
        "samples": release.samples if release else 0,
        "alleles": release.alleles if release else 0,
        "loaded": release.loaded_at if release else None,
    }


def _report(house: "House", found: Dataset, *, as_json: bool) -> None:
    """Writes one dataset, with its files and loads."""
    summary = house.variants.summary(found.id)
    described = _described(house, found) | {"files": list(summary.files), "loads": list(summary.loads)}
    if as_json:
        show(described)
        return
    for key in ("id", "name", "description", "assembly", "test", "samples", "alleles", "loaded"):
        click.echo(f"{key + ':':<14}{_text(described[key])}")
    for key, text in terms.lines(found):
        click.echo(f"{key + ':':<14}{text}")
    for file in described["files"]:
        click.echo(f"file:         {file['path']} ({file['samples']} samples)")
    for load in described["loads"]:
        click.echo(f"load:         {load['id']} {load['state']}, started {_text(load['started'])}")


def _text(value: object) -> str:
    if value is None:
        return "-"
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d %H:%M"))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a dataset as JSON can hold it."""
    plain: dict[str, Any] = {}
    for key, value in said.items():
        named = value.name.lower() if isinstance(value, Tier | Circle) else value
        plain[key] = asdict(value) if is_dataclass(value) and not isinstance(value, type) else named
    return plain
