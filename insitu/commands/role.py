"""`insitu role`: who does what at this site."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from governance.caller import Identity, Role
from insitu import options
from insitu.acts import acting
from insitu.opening import opened
from insitu.terminal import say, show, table

if TYPE_CHECKING:
    from governance.roles import Acting, RoleRegister
    from insitu.house import House

ROLE = click.Choice([each.value for each in Role])


@click.group()
def role() -> None:
    """Give roles to accounts, and take them away.

    An account is a subject (sub) of an issuer (iss), exactly as its tokens have them. The first custodian is
    made here, by whoever may run commands on the site's machine; each change goes on record under the user of
    the operating system. Roles open no data: who needs data holds a grant.

    \b
    Examples:
      insitu role add https://login.example.org/ 248289761001 custodian
      insitu role list
    """  # noqa: D301


@role.command()
@click.argument("issuer")
@click.argument("subject")
@click.argument("role_", metavar="ROLE", type=ROLE)
@options.data_dir
def add(*, issuer: str, subject: str, role_: str, data_dir: Path | None) -> None:
    """Give an account a role. A running site follows at once.

    \b
    Example:
      insitu role add https://login.example.org/ 248289761001 data-access-committee
    """  # noqa: D301
    with opened(data_dir) as house:
        new = _roles(house).give(Identity(issuer, subject), Role(role_), _recorded(house))
    say(f"{subject} of {issuer} is {role_}{' now' if new else ' already'}.")


@role.command()
@click.argument("issuer")
@click.argument("subject")
@click.argument("role_", metavar="ROLE", type=ROLE)
@options.data_dir
def remove(*, issuer: str, subject: str, role_: str, data_dir: Path | None) -> None:
    """Take a role away from an account. A running site follows at once."""
    with opened(data_dir) as house:
        _roles(house).take(Identity(issuer, subject), Role(role_), _recorded(house))
    say(f"{subject} of {issuer} is {role_} no more.")


@role.command(name="list")
@options.data_dir
@options.as_json
def list_(*, data_dir: Path | None, as_json: bool) -> None:
    """List who has which role, and since when."""
    with opened(data_dir) as house:
        rows: list[dict[str, Any]] = [
            {
                "issuer": each.identity.issuer,
                "subject": each.identity.subject,
                "role": each.role.value,
                "since": each.since,
            }
            for each in _roles(house).all()
        ]
    if as_json:
        show(rows)
        return
    cells = [[row["issuer"], row["subject"], row["role"], f"{row['since']:%Y-%m-%d %H:%M}"] for row in rows]
    table(["ISSUER", "SUBJECT", "ROLE", "SINCE"], cells)


def _roles(house: "House") -> "RoleRegister":
    from governance.roles import RoleRegister  # noqa: PLC0415 - no help waits for the database

    return RoleRegister(house.database)


def _recorded(house: "House") -> "Acting":
    def begin(what: str, subject: Identity, details: Mapping[str, Any]) -> AbstractContextManager[None]:
        return acting(house, what, subject=subject, details=details)

    return begin
