"""`insitu visa`: what this site's broker asserts of its accounts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.login.opening import administration, said
from insitu.opening import opened
from insitu.terminal import say, show, table

if TYPE_CHECKING:
    from insitu.house import House
    from passport_broker.domain.visas import Issued
    from passport_broker.visas.desk import Desk

BY = click.Choice(["self", "peer", "system", "so", "dac"])
DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def visa() -> None:
    """Issue, list and revoke visas of this site's passport broker.

    A visa is kept as an assertion about an account and signed for a short time whenever it is asked for;
    docs/access.md says how long that is and what follows from it. Grants that come of an access application
    are issued by its approval. Each change goes on record: under the user of the operating system, or with
    --at under the account that is logged in, where the rules of that site let it.

    \b
    Examples:
      insitu visa issue SUBJECT --type ResearcherStatus --value https://doi.org/10.1038/s41431-018-0219-y \\
          --source https://uni.example --by so --ends 2027-12-31 --why "signed by the dean"
      insitu visa list --subject SUBJECT
      insitu visa revoke ID --why "left the university" --at https://hospital.example
    """  # noqa: D301


@visa.command()
@click.argument("subject")
@click.option("--type", "kind", required=True, help="One of the standard's types, or the URL of your own.")
@click.option("--value", required=True, help="What is asserted, as the type wants it.")
@click.option("--source", required=True, help="URL of the organisation that asserts it.")
@click.option("--by", type=BY, help="Who in that organisation asserts it.")
@click.option("--ends", type=DAY, required=True, help="When it ends, in UTC: 2027-12-31.")
@click.option("--begins", type=DAY, help="When it begins; now if not given.")
@click.option("--asserted", type=DAY, help="When it was asserted; now if not given.")
@click.option("--conditions", type=click.File(), help="File of its conditions as JSON; - is standard input.")
@click.option("--why", required=True, help="Why it is issued: kept with it, and on record.")
@options.at
@options.broker
@options.data_dir
@options.as_json
def issue(
    *,
    subject: str,
    kind: str,
    value: str,
    source: str,
    by: str | None,
    ends: datetime,
    begins: datetime | None,
    asserted: datetime | None,
    conditions: TextIO | None,
    why: str,
    at: str | None,
    broker: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Assert something of the account SUBJECT. It is in its passports at once.

    \b
    Example:
      insitu visa issue Vq3xUo0e4nD1 --type ControlledAccessGrants --value https://data.example/cohort-1 \\
          --source https://dac.example --by dac --ends 2027-12-31 --why "decided on paper, file 12"
    """  # noqa: D301
    body = {"subject": subject, "type": kind, "value": value, "source": source, "by": by, "why": why,
            "conditions": _conditions(conditions), "asserted": _moment(asserted), "begins": _moment(begins),
            "ends": _moment(ends)}  # fmt: skip
    given = {name: each for name, each in body.items() if each is not None}
    made = _issued_here(given, data_dir) if at is None else administration(at, broker).issue(given)
    if as_json:
        show(made)
    else:
        say(f"Visa {said(made.get('id'))} is issued to {subject}.")


@visa.command(name="list")
@click.option("--subject", help="Of this account only.")
@click.option("--all", "every", is_flag=True, help="Those that are over or revoked as well.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most.")
@options.at
@options.broker
@options.data_dir
@options.as_json
def list_(
    *, subject: str | None, every: bool, limit: int, at: str | None, broker: str | None,
    data_dir: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """List what is asserted of whom, the newest first.

    \b
    Example:
      insitu visa list --all --json | jq '.[] | select(.standing == "revoked")'
    """  # noqa: D301
    if at is None:
        with opened(data_dir) as house:
            found = [_row(each) for each in _desk(house).listed(subject=subject, most=limit)]
    else:
        found = administration(at, broker).visas(subject, limit)
    rows = [each for each in found if every or each.get("standing") in ("standing", "to come")]
    if as_json:
        show(rows)
        return
    titles = ["ID", "SUBJECT", "TYPE", "VALUE", "BY", "ENDS", "STANDING"]
    table(titles, [[said(row.get(name.lower())) or "-" for name in titles] for row in rows])


@visa.command()
@click.argument("identifier", metavar="ID")
@click.option("--why", required=True, help="Why it is revoked: kept with it, and on record.")
@options.at
@options.broker
@options.data_dir
def revoke(*, identifier: str, why: str, at: str | None, broker: str | None, data_dir: Path | None) -> None:
    """Revoke a visa. This site refuses it at once, others within INSITU_PASSPORT_REVOCATION_SECONDS.

    \b
    Example:
      insitu visa revoke kD8fS0x4m1o2jQ2PcTq7ZA --why "left the university"
    """  # noqa: D301
    from passport_broker.service import OPERATOR  # noqa: PLC0415

    if at is not None:
        administration(at, broker).revoke(identifier, why)
    else:
        with opened(data_dir) as house:
            _desk(house).revoke(identifier, why, OPERATOR)
    say(f"Visa {identifier} is revoked.")


@visa.command()
@options.data_dir
@options.as_json
@click.pass_context
def verify(ctx: click.Context, *, data_dir: Path | None, as_json: bool) -> None:
    """Check that visas and access applications are what went on record.

    Ends with code 5 where one was changed, taken away or put in behind the broker's back. Whether the record
    itself is whole says `insitu audit verify`.

    \b
    Example:
      insitu visa verify && insitu audit verify
    """  # noqa: D301
    from passport_broker.service import faults  # noqa: PLC0415

    with opened(data_dir) as house:
        found = list(faults(house.database))
    if as_json:
        show([{"what": each.what, "id": each.id, "wrong": each.wrong} for each in found])
    else:
        for each in found:
            click.echo(f"{each.what} {each.id}: {each.wrong}")
    if found:
        ctx.exit(Exit.NOT_WHOLE)
    say("Visas and applications are what went on record.")


def _desk(house: "House") -> "Desk":
    from insitu.origin import MISSING, origin_of  # noqa: PLC0415
    from passport_broker.app import issuer_at  # noqa: PLC0415
    from passport_broker.service import desk_of  # noqa: PLC0415
    from serving.settings import ServingSettings  # noqa: PLC0415

    origin = origin_of(ServingSettings())
    if origin is None:
        raise Stop(MISSING)
    return desk_of(house.database, house.trail, issuer_at(origin))


def _issued_here(given: dict[str, Any], data_dir: Path | None) -> dict[str, Any]:
    from passport_broker import service  # noqa: PLC0415  (slow to import, and no help has to wait for it)

    wanted = service.wanted(given, datetime.now(UTC).timestamp())
    with opened(data_dir) as house:
        return _row(_desk(house).issue(wanted, service.OPERATOR))


def _moment(given: datetime | None) -> str | None:
    return None if given is None else given.replace(tzinfo=UTC).isoformat()


def _conditions(file: TextIO | None) -> Any:
    import orjson  # noqa: PLC0415

    if file is None:
        return None
    try:
        return orjson.loads(file.read(1_000_000))
    except orjson.JSONDecodeError as error:
        raise Stop(f"--conditions: {error.msg} at line {error.lineno}", Exit.REFUSED) from None


def _row(made: "Issued") -> dict[str, Any]:
    from passport_broker.service import visa_json  # noqa: PLC0415

    return visa_json(made, datetime.now(UTC).timestamp())
