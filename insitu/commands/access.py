"""`insitu access`: applying for data at a site, and deciding on it, over HTTP with one's login."""

import sys
from pathlib import Path
from typing import Any, TextIO

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.login.opening import administration, said
from insitu.terminal import say, show, table

DECISIONS = click.Choice(["approve", "reject", "ask", "end"])
_PROJECT_LONGEST = 20_000

_TITLE = click.option("--title", help="What the project is called.")
_PROJECT = click.option(
    "--project", type=click.File(encoding="utf-8"), help="File that describes it; - is standard input."
)
_PURPOSE = click.option(
    "--purpose", multiple=True, help="What for, in DUO terms (HMB, DS=MONDO:0005148); repeat."
)
_MEMBER = click.option("--member", "members", multiple=True, help="Account id of who takes part; repeat.")
_BEGINS = click.option("--begins", metavar="DAY", help="The first day.  [default: today]")
_DRAFT = click.option("--draft", is_flag=True, help="Do not submit it yet.")


@click.group()
def access() -> None:
    """Apply for data at a site, decide on applications, and see what is due.

    The site is asked over HTTP with your login's token: --at names it, else it is the one that you are logged
    in at. `reminders` alone is for operators, on the site's own machine.

    \b
    Examples:
      insitu access offers --at https://hospital.example
      insitu access apply cohort-1 --title Hearts --project plan.txt --purpose HMB --ends 2027-12-31
      insitu access decide ID approve --why "a fine question"
    """  # noqa: D301


@access.command()
@options.at
@options.broker
@options.as_json
def offers(*, at: str | None, broker: str | None, as_json: bool) -> None:
    """List the datasets that you may apply for."""
    found = administration(at, broker).offers()
    if as_json:
        show(found)
        return
    for each in found:
        click.echo(said(each))


@access.command(name="list")
@click.option(
    "--view", type=click.Choice(["mine", "waiting", "all"]), default="mine", show_default=True,
    help="Your own, those that wait for your decision, or all that you may decide on.",
)  # fmt: skip
@options.at
@options.broker
@options.as_json
def list_(*, view: str, at: str | None, broker: str | None, as_json: bool) -> None:
    """List applications, the newest first.

    \b
    Example:
      insitu access list --view waiting
    """  # noqa: D301
    found = administration(at, broker).applications(view)
    if as_json:
        show(found)
        return
    titles = ["ID", "DATASET", "STATUS", "ENDS", "TITLE"]
    table(titles, [[said(each.get(name.lower())) or "-" for name in titles] for each in found])


@access.command(name="show")
@click.argument("identifier", metavar="ID")
@options.at
@options.broker
@options.as_json
def show_(*, identifier: str, at: str | None, broker: str | None, as_json: bool) -> None:
    """Show an application with its history."""
    found = administration(at, broker).application(identifier)
    if as_json:
        show(found)
        return
    for line in _lines(found):
        click.echo(line)


@access.command()
@click.argument("dataset")
@_TITLE
@_PROJECT
@_PURPOSE
@_MEMBER
@_BEGINS
@click.option("--ends", metavar="DAY", required=True, help="The last day: 2027-12-31.")
@_DRAFT
@options.at
@options.broker
@options.as_json
def apply(
    *, dataset: str, draft: bool, at: str | None, broker: str | None, as_json: bool, **about: Any
) -> None:
    """Apply for access to DATASET.

    \b
    Example:
      insitu access apply cohort-1 --title Hearts --project plan.txt --purpose HMB --ends 2027-12-31
    """  # noqa: D301
    from datetime import UTC, datetime  # noqa: PLC0415

    desk, today = administration(at, broker), datetime.now(UTC).date().isoformat()
    made = desk.begin({"begins": today, **_content(about), "dataset": dataset})
    if not draft:
        made = _submitted(desk, made)
    _tell(made, as_json=as_json)


@access.command()
@click.argument("identifier", metavar="ID")
@_TITLE
@_PROJECT
@_PURPOSE
@_MEMBER
@_BEGINS
@click.option("--ends", metavar="DAY", help="The last day.")
@options.at
@options.broker
@options.as_json
def change(*, identifier: str, at: str | None, broker: str | None, as_json: bool, **about: Any) -> None:
    """Change a draft, or what was asked back: what is not given stays."""
    desk = administration(at, broker)
    before = desk.application(identifier)
    kept = {name: before.get(name) for name in ("title", "project", "purpose", "members", "begins", "ends")}
    made = desk.edit(identifier, kept | _content(about) | {"number": before.get("number")})
    _tell(made, as_json=as_json)


@access.command()
@click.argument("identifier", metavar="ID")
@options.at
@options.broker
@options.as_json
def submit(*, identifier: str, at: str | None, broker: str | None, as_json: bool) -> None:
    """Submit a draft, or what was asked back, to the committee."""
    _tell(administration(at, broker).move(identifier, "submit"), as_json=as_json)


@access.command()
@click.argument("identifier", metavar="ID")
@click.option("--why", help="Why, if you like.")
@options.at
@options.broker
@options.as_json
def withdraw(*, identifier: str, why: str | None, at: str | None, broker: str | None, as_json: bool) -> None:
    """Withdraw an application: all members lose what it gave."""
    _tell(administration(at, broker).move(identifier, "withdraw", why=why), as_json=as_json)


@access.command()
@click.argument("identifier", metavar="ID")
@_DRAFT
@options.at
@options.broker
@options.as_json
def renew(*, identifier: str, draft: bool, at: str | None, broker: str | None, as_json: bool) -> None:
    """Apply for the same again, from today for as long as before."""
    desk = administration(at, broker)
    made = desk.begin({"renews": identifier})
    _tell(made if draft else _submitted(desk, made), as_json=as_json)


@access.command()
@click.argument("identifier", metavar="ID")
@click.argument("decision", type=DECISIONS)
@click.option("--why", required=True, help="Why, or what you want to know: the applicants read it.")
@click.option("--against", is_flag=True, help="Approve although the terms of use deny the purpose.")
@click.option("--number", type=click.IntRange(1), help="Only if this is still its last step (see show).")
@options.at
@options.broker
@options.as_json
def decide(
    *, identifier: str, decision: str, why: str, against: bool, number: int | None, at: str | None,
    broker: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Decide on an application: approve, reject, ask back, or end what was approved.

    \b
    Example:
      insitu access decide 3f2a91c04d ask --why "Which hearts?"
    """  # noqa: D301
    about = {"why": why, "number": number, "against": against or None}
    _tell(administration(at, broker).move(identifier, decision, **about), as_json=as_json)


@access.command()
@click.option("--send", is_flag=True, help="Tell what nobody was told yet, as a running site does hourly.")
@options.data_dir
@options.as_json
def reminders(*, send: bool, data_dir: Path | None, as_json: bool) -> None:
    """List of what somebody should be reminded: access that ends, applications that wait.

    A running site tells people each hour: by mail where INSITU_PASSPORT_SMTP_URL is set, else in its log.
    Each reminder is told once.

    \b
    Example:
      insitu access reminders --json | jq '.[] | select(.told == null)'
    """  # noqa: D301
    from insitu import reminding  # noqa: PLC0415 - slow to import

    if send:
        number = reminding.send(data_dir)
        if sys.stderr.isatty():  # a timer has nobody to tell
            say(f"{number} were told.")
        return
    found = reminding.listed(data_dir)
    if as_json:
        show(found)
        return
    titles = ["APPLICATION", "DATASET", "WHAT", "DAYS", "WHO", "TOLD"]
    table(titles, [[str(each[name.lower()] if each[name.lower()] is not None else "-") for name in titles]
                   for each in found])  # fmt: skip


def _content(about: dict[str, Any]) -> dict[str, Any]:
    """What is said of the application, of that which is given."""
    project: TextIO | None = about.pop("project")
    text = None if project is None else project.read(_PROJECT_LONGEST + 1)
    if text is not None and len(text) > _PROJECT_LONGEST:
        raise Stop(f"--project: at most {_PROJECT_LONGEST:,} characters", Exit.USAGE)
    given = {"project": text, **{name: list(each) if isinstance(each, tuple) else each
                                 for name, each in about.items()}}  # fmt: skip
    return {name: each for name, each in given.items() if each not in (None, [])}


def _submitted(desk: Any, made: dict[str, Any]) -> dict[str, Any]:
    identifier = said(made.get("id"))
    try:
        found: dict[str, Any] = desk.move(identifier, "submit")
    except Stop as error:
        why = f"{error.public} It is kept as the draft {identifier}: insitu access change, then submit."
        raise Stop(why, error.code) from error
    return found


def _tell(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show(made)
        return
    say(f"The application for {said(made.get('dataset'))} is {said(made.get('status'))}. Its id:")
    click.echo(said(made.get("id")))


def _lines(found: dict[str, Any]) -> list[str]:
    from insitu.login.showing import application_lines  # noqa: PLC0415

    return list(application_lines(found))
