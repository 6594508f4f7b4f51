"""`insitu upstream`: at which providers of others people may log in, and whether these answer."""

from pathlib import Path

import click

from insitu import options
from insitu.findings import report
from insitu.terminal import show


@click.group()
def upstream() -> None:
    """Check and show at which providers of others people may log in to this site.

    They are named in passport/upstream.toml of the data folder; docs/upstream.md explains the file, with
    examples. A site reads it when it starts.

    \b
    Examples:
      insitu upstream check
      insitu upstream show
    """  # noqa: D301


@upstream.command()
@click.option("--offline", is_flag=True, help="Look at the file only, and ask no provider.")
@options.data_dir
@options.as_json
@click.pass_context
def check(ctx: click.Context, *, offline: bool, data_dir: Path | None, as_json: bool) -> None:
    """Check the file, and ask each provider that it names for its metadata and keys.

    Ends with code 3 where the file cannot be understood, and with 4 where a provider does not answer as it
    should; each line says what to do. Whether this site is registered there shows at the first login.

    \b
    Example:
      insitu upstream check --json | jq '.[] | select(.ok | not)'
    """  # noqa: D301
    from insitu import upstreaming  # noqa: PLC0415  (slow to import)

    report(ctx, upstreaming.findings(data_dir, offline=offline), as_json=as_json)


@upstream.command(name="show")
@options.data_dir
@options.as_json
def show_(*, data_dir: Path | None, as_json: bool) -> None:
    """Show the providers, and the address to be registered at each; secrets are not shown.

    \b
    Example:
      insitu upstream show
    """  # noqa: D301
    from insitu import upstreaming  # noqa: PLC0415  (slow to import)

    if as_json:
        show(upstreaming.described(data_dir))
        return
    for line in upstreaming.lines(data_dir):
        click.echo(line)
