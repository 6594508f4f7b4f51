"""`insitu account`: who can log in at this site's own passport broker."""

import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from governance.caller import Identity
from insitu import options
from insitu.acts import acting
from insitu.opening import opened
from insitu.terminal import say, show, table

if TYPE_CHECKING:
    from insitu.house import House
    from passport_broker.service import Account, Identities

_PASSWORD_FILE = click.option(
    "--password-file", type=click.File(encoding="utf-8"),
    help="File whose first line is the password; - is standard input.  [default: it is asked for]",
)  # fmt: skip
_GENERATE = click.option("--generate", is_flag=True, help="Make up a password, and print it this once.")


@click.group()
def account() -> None:
    """Make the accounts with which people log in at this site, and take them away.

    An account opens nothing by itself: visas and roles do. Whoever logs in elsewhere (`insitu upstream`) has
    an account without a password, made at the first login, or by an invitation.

    \b
    Examples:
      insitu account add ada@hospital.example --name "Ada Example"
      insitu account list
    """  # noqa: D301


@account.command()
@click.argument("login")
@click.option("--name", help="The person's name.")
@click.option("--email", help="The person's email address.")
@_PASSWORD_FILE
@_GENERATE
@options.data_dir
@options.as_json
def add(
    *, login: str, name: str | None, email: str | None, password_file: TextIO | None, generate: bool,
    data_dir: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Make an account, and print its subject: with the issuer it is what roles and visas are given to.

    \b
    Examples:
      insitu account add ada --name "Ada Example" --email ada@hospital.example
      insitu account add ada --generate
    """  # noqa: D301
    password = _password(password_file, generate=generate)
    with opened(data_dir) as house:
        issuer = _issuer()
        made = _identities(house, issuer).add(login, password, name=name, email=email)
    said = {"login": login, "issuer": issuer, "subject": made.subject}
    if as_json:
        show(said | ({"password": password} if generate else {}))
        return
    say(f"{login} can log in at {issuer}. The account's subject:")
    click.echo(made.subject)
    _tell(password, generate=generate)


@account.command(name="list")
@options.data_dir
@options.as_json
def list_(*, data_dir: Path | None, as_json: bool) -> None:
    """List the accounts, and the ways to log in to each."""
    with opened(data_dir) as house:
        found = _identities(house, None).all()
    if as_json:
        show([
            {
                "login": each.login, "subject": each.account.subject, "name": each.account.name,
                "email": each.account.email, "kind": each.account.kind, "disabled": each.account.disabled,
                "since": each.since,
                "elsewhere": [
                    {"issuer": issuer, "subject": subject} for issuer, subject in each.elsewhere
                ],
            }
            for each in found
        ])  # fmt: skip
        return
    cells = [
        [
            each.login or "-",
            each.account.subject,
            each.account.name or "",
            ", ".join(f"{subject} of {issuer}" for issuer, subject in each.elsewhere),
            "disabled" if each.account.disabled else "",
        ]
        for each in found
    ]
    table(["LOGIN", "SUBJECT", "NAME", "ELSEWHERE", ""], cells)


@account.command()
@click.argument("account_", metavar="ACCOUNT")
@options.data_dir
def disable(*, account_: str, data_dir: Path | None) -> None:
    """Disable an account: it is signed out everywhere, and no token of it holds any more.

    ACCOUNT is a login, or the subject of an account that is logged in elsewhere (after -- if it begins with
    a dash).
    """
    with opened(data_dir) as house:
        _identities(house, _issuer()).disable(account_)
    say(f"{account_} can do nothing any more; insitu account enable {account_} takes that back.")


@account.command()
@click.argument("account_", metavar="ACCOUNT")
@options.data_dir
def enable(*, account_: str, data_dir: Path | None) -> None:
    """Let a disabled account log in again. ACCOUNT is its login or subject."""
    with opened(data_dir) as house:
        _identities(house, _issuer()).enable(account_)
    say(f"{account_} can log in again.")


@account.command()
@click.argument("provider")
@click.argument("subject")
@click.option("--account", "account_", help="Login or subject of an account that it is to log in, as well.")
@click.option("--name", help="The person's name, until the provider says another.")
@click.option("--email", help="The person's email address, until the provider says another.")
@options.data_dir
@options.as_json
def invite(
    *, provider: str, subject: str, account_: str | None, name: str | None, email: str | None,
    data_dir: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Let somebody in who logs in elsewhere, and print the subject of their account here.

    PROVIDER is the id of one in passport/upstream.toml, SUBJECT who they are there (`sub`): an ORCID iD, a
    Keycloak user's id. Whoever comes without being invited is shown theirs.

    \b
    Examples:
      insitu account invite orcid 0000-0002-1825-0097
      insitu account invite keycloak 6b7c5d1e-2f0a-4f58-9c6b-0f6d5f3a2b11 --account ada
    """  # noqa: D301
    from insitu.upstreaming import invited  # noqa: PLC0415 - no help waits for the database

    with opened(data_dir) as house:
        issuer = _issuer()
        made = invited(house, issuer, provider, subject, account=account_, name=name, email=email)
    if as_json:
        show({"issuer": issuer, "subject": made.subject, "provider": provider})
        return
    say(f"{subject} of {provider} gets in at {issuer}. The account's subject:")
    click.echo(made.subject)


@account.command()
@click.argument("provider")
@click.argument("subject")
@options.data_dir
def uninvite(*, provider: str, subject: str, data_dir: Path | None) -> None:
    """Take a way to log in away from the account that it logs in.

    The only way to log in stays: such an account is disabled.

    \b
    Example:
      insitu account uninvite orcid 0000-0002-1825-0097
    """  # noqa: D301
    from insitu.upstreaming import uninvited  # noqa: PLC0415 - no help waits for the database

    with opened(data_dir) as house:
        uninvited(house, _issuer(), provider, subject)
    say(f"{subject} of {provider} logs in nobody any more.")


@account.command()
@click.argument("login")
@_PASSWORD_FILE
@_GENERATE
@options.data_dir
def password(*, login: str, password_file: TextIO | None, generate: bool, data_dir: Path | None) -> None:
    """Give an account another password; it is signed out everywhere."""
    fresh = _password(password_file, generate=generate)
    with opened(data_dir) as house:
        _identities(house, _issuer()).set_password(login, fresh)
    say(f"{login} has a new password and is signed out everywhere.")
    _tell(fresh, generate=generate)


def _password(file: TextIO | None, *, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(15)
    if file is not None:
        return file.readline(1000).rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="Once more", err=True))


def _tell(password: str, *, generate: bool) -> None:
    if generate:
        say("The password, which is not shown again:")
        click.echo(password)


def _issuer() -> str:
    """The issuer of this site's accounts.

    Raises:
        Stop: nobody has said under which address the site is reached.
    """
    from insitu.exits import Stop  # noqa: PLC0415 - no help waits for settings
    from insitu.origin import MISSING, origin_of  # noqa: PLC0415
    from passport_broker.app import issuer_at  # noqa: PLC0415
    from serving.settings import ServingSettings  # noqa: PLC0415

    origin = origin_of(ServingSettings())
    if origin is None:
        raise Stop(MISSING)
    return issuer_at(origin)


def _identities(house: "House", issuer: str | None) -> "Identities":
    from passport_broker.service import Identities  # noqa: PLC0415 - no help waits for the database

    def recorded(what: str, account: "Account", details: Mapping[str, Any]) -> AbstractContextManager[None]:
        return acting(house, what, subject=Identity(issuer or "", account.subject), details=details)

    return Identities(house.database, recorded)
