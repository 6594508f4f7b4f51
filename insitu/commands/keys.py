"""`insitu keys`: what this site's passport broker signs with, and what is encrypted to the site."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from insitu import options
from insitu.acts import acting
from insitu.folder import open_folder
from insitu.house import site_settings
from insitu.opening import opened
from insitu.terminal import say, show, table

if TYPE_CHECKING:
    from insitu.house import House
    from passport_broker.signing.keys import Signing


@click.group()
def keys() -> None:
    """List and rotate the keys with which this site's passport broker signs.

    They lie in keys/passport of the data folder. A running site follows them by itself. The key to which
    people encrypt what they give the site is another one.

    \b
    Examples:
      insitu keys list
      insitu keys rotate
    """  # noqa: D301


@keys.command()
@click.option("--now", is_flag=True, help="Others may have the keys: nothing they signed holds any more.")
@options.data_dir
def rotate(*, now: bool, data_dir: Path | None) -> None:
    """Make new keys. The old ones stay published for as long as anything holds that they signed.

    The new ones are published a minute before they sign, so that nobody is taken by surprise. With --now the
    old ones are removed at once, and no token or visa that they signed holds any more. Sessions of
    browsers and refresh tokens are not signed: who has one gets new tokens by it. insitu account disable ends
    those.

    \b
    Example:
      insitu keys rotate
    """  # noqa: D301
    with opened(data_dir) as house, acting(house, "keys.rotated", details={"now": now}):
        _signing(house).rotate(now=now)
    say("The new keys sign from now on." if now else "The new keys sign in a minute.")


@keys.command(name="list")
@options.data_dir
@options.as_json
def list_(*, data_dir: Path | None, as_json: bool) -> None:
    """List the keys and what each of them does."""
    with opened(data_dir) as house:
        rows = [
            {
                "kid": each.key.kid,
                "algorithm": each.key.algorithm,
                "made": _moment(each.key.made),
                "state": each.state,
                "until": None if each.until is None else _moment(each.until),
            }
            for each in _signing(house).states()
        ]
    if as_json:
        show(rows)
        return
    cells = [[str(value or "") for value in each.values()] for each in rows]
    table(["KID", "ALGORITHM", "MADE", "STATE", "UNTIL"], cells)


@keys.command()
@options.data_dir
def crypt4gh(*, data_dir: Path | None) -> None:
    """Show the public key to which people encrypt what they give this site (Crypt4GH).

    The key pair is keys/crypt4gh.sec of the data folder, made when it is first asked for. Objects that are
    encrypted to it are re-encrypted to a caller's own key on their way out.

    \b
    Example:
      insitu keys crypt4gh > site.pub
      crypt4gh encrypt --recipient_pk site.pub < sample.bam > sample.bam.c4gh
    """  # noqa: D301
    from drs.streaming.crypt4gh_keys import site_keys  # noqa: PLC0415 - no help waits for it

    settings = site_settings(data_dir)
    click.echo(site_keys(open_folder(settings.data_dir)).public_text(), nl=False)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _signing(house: "House") -> "Signing":
    from passport_broker.app import signing_of  # noqa: PLC0415 - no help waits for it

    return signing_of(house.folder, "")
