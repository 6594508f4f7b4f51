"""What a check found, said in the same way by every command that checks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from insitu.exits import Exit
from insitu.terminal import show

if TYPE_CHECKING:
    from governance.passport.checking import Finding as TrustFinding


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `detail` says what is there, or what to do."""

    check: str
    ok: bool
    detail: str


def report(ctx: click.Context, findings: "Sequence[Finding | TrustFinding]", *, as_json: bool) -> None:
    """Shows them, and ends the command with code 4 where anything is not well."""
    if as_json:
        show([asdict(each) for each in findings])
    for each in findings if not as_json else ():
        click.echo(f"{'ok  ' if each.ok else 'FAIL'}  {each.check}: {each.detail}")
    if not all(each.ok for each in findings):
        ctx.exit(Exit.UNAVAILABLE)
