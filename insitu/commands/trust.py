"""`insitu trust`: whose tokens and visas the site believes, whether that works, why a visa does not count."""

from pathlib import Path
from typing import TextIO

import click

from insitu import options
from insitu.findings import report
from insitu.terminal import show

_TOKEN_LONGEST = 1_000_001  # characters: one more than any that is taken


@click.group()
def trust() -> None:
    """Check and explain whose tokens and visas this site believes.

    They are named in governance/trust.toml of the data folder; docs/passports.md explains the file, with an
    example. A running site follows the file.

    \b
    Examples:
      insitu trust check
      insitu trust explain token.txt
    """  # noqa: D301


@trust.command()
@click.option("--offline", is_flag=True, help="Look at the file only, and ask no server.")
@options.data_dir
@options.as_json
@click.pass_context
def check(ctx: click.Context, *, offline: bool, data_dir: Path | None, as_json: bool) -> None:
    """Check the trust file, and ask each server that it names for its keys.

    Ends with code 3 where the file cannot be understood, and with 4 where a server does not answer as it
    should; each line says what to do.

    \b
    Example:
      insitu trust check --json | jq '.[] | select(.ok | not)'
    """  # noqa: D301
    from insitu import trusting  # noqa: PLC0415  (slow to import)

    findings = trusting.findings(data_dir, offline=offline)
    report(ctx, findings, as_json=as_json)


@trust.command(name="show")
@options.data_dir
@options.as_json
def show_(*, data_dir: Path | None, as_json: bool) -> None:
    """Show whom the site trusts, in what.

    \b
    Example:
      insitu trust show
    """  # noqa: D301
    from insitu import trusting  # noqa: PLC0415  (slow to import)

    if as_json:
        show(trusting.described(data_dir))
        return
    for line in trusting.trust_lines(data_dir):
        click.echo(line)


@trust.command()
@click.argument("token_file", type=click.File(encoding="ascii", errors="replace"))
@options.data_dir
@options.as_json
def explain(*, token_file: TextIO, data_dir: Path | None, as_json: bool) -> None:
    """Explain what an access token, a passport or a visa comes to at this site.

    TOKEN_FILE holds it as it is sent; - reads it from standard input. The servers that the trust file names
    are asked as a running site asks them. Ends with code 3 where the token or passport is refused.

    \b
    Examples:
      insitu trust explain token.txt
      pbpaste | insitu trust explain -
    """  # noqa: D301
    from insitu import trusting  # noqa: PLC0415  (slow to import)

    found = trusting.explained(data_dir, token_file.read(_TOKEN_LONGEST).strip())
    if as_json:
        show(trusting.explained_json(found))
        return
    for line in trusting.explained_lines(found):
        click.echo(line)
