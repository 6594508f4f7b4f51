"""`insitu client`: the programs that may ask this site's passport broker for tokens."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from insitu import options
from insitu.acts import acting
from insitu.opening import opened
from insitu.terminal import say, show, table
from passport_broker.domain.clients import ALGORITHMS, GRANTS, Client
from passport_broker.domain.scopes import USUAL

if TYPE_CHECKING:
    from insitu.house import House
    from passport_broker.clients import Clients

WORDS = {each: word for word, each in GRANTS.items()}


@click.group()
def client() -> None:
    """Register programs that log people in or ask for tokens, and remove them.

    \b
    Examples:
      insitu client add portal --redirect https://portal.example.org/callback
      insitu client list
    """  # noqa: D301


@client.command()
@click.argument("identifier", metavar="ID")
@click.option("--name", help="What people are told that it is called.  [default: its ID]")
@click.option(
    "--redirect", "redirects", multiple=True, help="Where people are sent back to, in full; repeat."
)
@click.option(
    "--grant", "grants", multiple=True, type=click.Choice(list(GRANTS)),
    help="How it comes to tokens; repeat.  [default: code and refresh]",
)  # fmt: skip
@click.option(
    "--scope", "scopes", multiple=True,
    help=f"What it may ask for; repeat.  [default: {' '.join(USUAL)}]",
)  # fmt: skip
@click.option(
    "--audience", "audiences", multiple=True,
    help="Whom its tokens may be for, the first if it does not say; repeat.  [default: this site]",
)  # fmt: skip
@click.option(
    "--serves", multiple=True,
    help="What it is called itself in the audience of tokens, which it may then exchange; repeat.",
)  # fmt: skip
@click.option("--public", is_flag=True, help="It can keep no secret: a command line, or a page in a browser.")
@click.option(
    "--id-token", type=click.Choice(ALGORITHMS), default=ALGORITHMS[0], show_default=True,
    help="How its ID tokens are signed.",
)  # fmt: skip
@options.data_dir
@options.as_json
def add(
    *, identifier: str, name: str | None, redirects: tuple[str, ...], grants: tuple[str, ...],
    scopes: tuple[str, ...], audiences: tuple[str, ...], serves: tuple[str, ...], public: bool, id_token: str,
    data_dir: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Register a client, and print its secret: it is shown this once, and kept by nobody.

    \b
    Examples:
      insitu client add portal --redirect https://portal.example.org/callback
      insitu client add cli --public --grant device --grant refresh
      insitu client add site-b --grant exchange --serves https://site-b.example.org
    """  # noqa: D301
    wanted = Client(
        id=identifier, name=name or identifier, secret=None, redirect_uris=redirects,
        grants=tuple(GRANTS[each] for each in grants or ("code", "refresh")),
        scopes=scopes or USUAL, audiences=audiences, serves=serves, id_token_algorithm=id_token,
    )  # fmt: skip
    with opened(data_dir) as house:
        secret = _clients(house).add(wanted, public=public)
    if as_json:
        show({"client_id": identifier, "client_secret": secret})
        return
    say(f"The client {identifier} is registered{'' if secret else ', without a secret'}.")
    if secret:
        say("Its secret, which is not shown again:")
        click.echo(secret)


@client.command(name="list")
@options.data_dir
@options.as_json
def list_(*, data_dir: Path | None, as_json: bool) -> None:
    """List the clients and what each may do."""
    with opened(data_dir) as house:
        found = _clients(house).all()
    if as_json:
        show([_described(each) for each in found])
        return
    cells = [
        [
            each.id,
            each.name,
            "public" if each.public else "secret",
            ", ".join(WORDS[one] for one in each.grants),
        ]
        for each in found
    ]
    table(["ID", "NAME", "KIND", "GRANTS"], cells)


@client.command()
@click.argument("identifier", metavar="ID")
@options.data_dir
def remove(*, identifier: str, data_dir: Path | None) -> None:
    """Remove a client: no token of it holds any more, and what people allowed it is forgotten."""
    with opened(data_dir) as house:
        _clients(house).remove(identifier)
    say(f"The client {identifier} is removed.")


def _described(found: Client) -> dict[str, Any]:
    """Without what is kept of its secret."""
    listed = {name: value for name, value in asdict(found).items() if name != "secret"}
    return listed | {"grants": [WORDS[each] for each in found.grants], "public": found.public}


def _clients(house: "House") -> "Clients":
    from passport_broker.clients import Clients  # noqa: PLC0415 - no help waits for the database

    def recorded(what: str, details: Mapping[str, Any]) -> AbstractContextManager[None]:
        return acting(house, what, details=details)

    return Clients(house.database, recorded)
