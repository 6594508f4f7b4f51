"""`insitu trust`: whose tokens and visas the site believes, whether that works, why a visa does not count."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from governance.caller import Caller
from governance.keys.fetching import Http
from governance.passport.checking import Checking, Finding
from governance.passport.claims import shown
from governance.passport.explaining import COUNTS, Explained, VisaLine
from governance.passport.opening import open_clearinghouse
from governance.passport.trust import Trust, read_trust
from governance.passport.trustfile import path_in
from insitu import options
from insitu.exits import Exit, Stop
from insitu.house import site_settings
from insitu.terminal import say, show

_TOKEN_LONGEST = 1_000_000  # characters


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
    path, found = _read(data_dir)
    findings = [Finding("file", ok=True, detail=f"{path}, version {found.version}")]
    if not offline:
        http = Http()
        findings += Checking(found, http).findings()
        http.close()
    if as_json:
        show([asdict(each) for each in findings])
    for each in findings if not as_json else ():
        click.echo(f"{'ok  ' if each.ok else 'FAIL'}  {each.check}: {each.detail}")
    if not all(each.ok for each in findings):
        ctx.exit(Exit.UNAVAILABLE)


@trust.command(name="show")
@options.data_dir
@options.as_json
def show_(*, data_dir: Path | None, as_json: bool) -> None:
    """Show whom the site trusts, in what.

    \b
    Example:
      insitu trust show
    """  # noqa: D301
    _, found = _read(data_dir)
    if as_json:
        show(found.model_dump(mode="json") | {"version": found.version})
        return
    click.echo(f"this site is called: {', '.join(found.audiences) or '-'}")
    for broker in found.broker:
        audience = "required" if broker.requires_audience else "may be absent"
        click.echo(f"broker:      {broker.issuer} (visas by {broker.way}, audience {audience})")
    for issuer in found.visa_issuer:
        click.echo(f"visa issuer: {issuer.issuer} (keys at {', '.join(issuer.jku)})")
        for what, listed in (("types", issuer.types), ("sources", issuer.sources)):
            if listed is not None:
                click.echo(f"             only {what}: {', '.join(listed) or 'none'}")
    for kind, sources in found.sources.items():
        click.echo(f"{kind}: believed of {', '.join(sources) or 'nobody'}")


@trust.command()
@click.argument("token_file", type=click.Path(path_type=Path, allow_dash=True))
@options.data_dir
@options.as_json
def explain(*, token_file: Path, data_dir: Path | None, as_json: bool) -> None:
    """Explain what an access token, a passport or a visa comes to at this site.

    TOKEN_FILE holds it as it is sent; - reads it from standard input. The servers that the trust file names
    are asked as a running site asks them. Ends with code 3 where the token or passport is refused.

    \b
    Examples:
      insitu trust explain token.txt
      pbpaste | insitu trust explain -
    """  # noqa: D301
    path, _ = _read(data_dir)
    http = Http()
    try:
        found = open_clearinghouse(path.parent.parent, http).explain(_token(token_file))
    finally:
        http.close()
    if as_json:
        show(_as_json(found))
        return
    _say_caller(found)
    for each in found.visas:
        click.echo(_line(each))
    if not found.visas:
        click.echo("no visas")


def _read(data_dir: Path | None) -> tuple[Path, Trust]:
    path = path_in(site_settings(data_dir).data_dir.expanduser().absolute())
    try:
        return path, read_trust(path)
    except FileNotFoundError as error:
        why = f"there is no {path}, so this site trusts no broker: docs/passports.md has an example"
        raise Stop(why, Exit.REFUSED) from error


def _token(file: Path) -> str:
    source = sys.stdin if str(file) == "-" else file.open(encoding="ascii", errors="replace")
    with source:
        text = source.read(_TOKEN_LONGEST + 1).strip()
    return text.removeprefix("Bearer ").strip()


def _say_caller(found: Explained) -> None:
    caller = found.caller
    if caller is None or caller.identity is None:
        say("A visa by itself: whose it is, and its conditions, show with the passport it comes in.")
        return
    click.echo(f"{found.kind} of:  {caller.identity.subject} at {caller.identity.issuer}")
    if caller.person != caller.identity and caller.person is not None:
        click.echo(f"one person with: {caller.person.subject} at {caller.person.issuer}")
    click.echo(f"registered access: {'yes' if caller.registered else 'no'}")
    if caller.expires is not None:
        click.echo(f"holds until: {shown(caller.expires)}")


def _line(each: VisaLine) -> str:
    said = f"{each.type or 'visa'} {each.value}".rstrip()
    of = f", of {each.source}" if each.source else ""
    by = f" (by {each.by})" if each.by else ""
    if each.rule == COUNTS:
        return f"counts   {said}{of}{by}, until {shown(each.expires or 0)}"
    return f"ignored  {said}{of}{by}: {each.reason} [{each.rule}] sha256 {each.digest[:12]}"


def _as_json(found: Explained) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "caller": None if found.caller is None else _caller(found.caller),
        "visas": [asdict(each) for each in found.visas],
    }


def _caller(caller: Caller) -> dict[str, Any]:
    return {
        "identity": asdict(caller.identity) if caller.identity else None,
        "person": asdict(caller.person) if caller.person else None,
        "registered": caller.registered,
        "client": caller.client,
        "expires": caller.expires,
    }
