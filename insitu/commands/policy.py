"""`insitu policy`: are the rules sound, what do they say, and why is a decision what it is?"""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from governance.caller import ANONYMOUS, Caller, Identity, Role, Visa
from governance.policy.actions import BY_TERM
from governance.policy.context import Context
from governance.policy.duo_terms import spelled
from governance.policy.engine import Policy
from governance.policy.explain import Explanation, Trusted
from governance.policy.files import unasked
from governance.policy.problems import PolicyInvalid
from governance.policy.rulebook import RuleBook, load
from governance.policy.rules import Rule
from insitu import options
from insitu.exits import Exit
from insitu.opening import opened
from insitu.terminal import show

ACTION = click.Choice([each.term for each in BY_TERM.values() if not each.on_site])
ROLE = click.Choice([each.value for each in Role])
_LATER = 2**40  # seconds since 1970: the made-up visas of an explanation do not end


@click.group()
def policy() -> None:
    """Check and explain the rules that decide who gets what.

    Rules are written in Cedar: the packs that come with Insitu, governance/site.cedar in the data folder, and
    governance/datasets/ID.cedar for one dataset. docs/policy.md explains them.

    \b
    Examples:
      insitu policy check
      insitu policy explain --anonymous --action beacon:count --dataset cohort-1
    """  # noqa: D301


@policy.command()
@options.data_dir
@options.as_json
@click.pass_context
def check(ctx: click.Context, *, data_dir: Path | None, as_json: bool) -> None:
    """Check every rule against the schema. Ends with code 3 where a site would not start.

    So it does where a file is asked about nothing, for it is in the wrong place or named after no dataset:
    its rules hold nowhere.

    \b
    Example:
      insitu policy check && insitu site
    """  # noqa: D301
    try:
        book = load(_folder(data_dir))
        _all_asked(data_dir)
    except PolicyInvalid as error:
        problems = [asdict(each) for each in error.problems]
        if as_json:
            show({"ok": False, "problems": problems})
        for each in error.problems if not as_json else ():
            click.echo(str(each))
        ctx.exit(Exit.REFUSED)
    files = sorted({each.file for each in book.rules})
    if as_json:
        show({"ok": True, "version": book.version, "rules": len(book.rules), "files": files})
        return
    click.echo(f"{len(book.rules)} rules in {len(files)} files are sound; version {book.version}")


@policy.command(name="show")
@click.option("--dataset", help="Only what is asked about this dataset.")
@options.data_dir
@options.as_json
def show_(*, dataset: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Show the rules in force, file by file.

    \b
    Example:
      insitu policy show --dataset cohort-1
    """  # noqa: D301
    book = load(_folder(data_dir))
    rules = list(book.rules if dataset is None else book.about(dataset))
    if as_json:
        show({"version": book.version, "rules": [_described(each) for each in rules]})
        return
    _print(book, rules)


@policy.command()
@click.option("--subject", nargs=2, metavar="ISSUER SUBJECT", help="The account that asks.")
@click.option("--anonymous", is_flag=True, help="Nobody knows who asks.")
@click.option("--registered", is_flag=True, help="They have GA4GH Registered Access.")
@click.option("--grant", "grants", multiple=True, metavar="VALUE", help="A grant they hold; can be repeated.")
@click.option("--source", default="https://source.invalid", help="The source of these grants.")
@click.option("--role", "roles", multiple=True, type=ROLE, help="A role, beside those they have here.")
@click.option("--action", required=True, type=ACTION, help="What they want to do.")
@click.option("--dataset", required=True, metavar="ID", help="The dataset they want to do it to.")
@click.option("--purpose", multiple=True, metavar="TERM", help="DUO term they state; can be repeated.")
@click.option("--network", help="The network that passed the question on.")
@options.data_dir
@options.as_json
def explain(
    *, subject: tuple[str, str] | None, anonymous: bool, data_dir: Path | None, as_json: bool, **asked: Any
) -> None:
    """Explain a decision: which rule decides and why, and what would give more.

    \b
    Examples:
      insitu policy explain --anonymous --action beacon:record --dataset cohort-1
      insitu policy explain --subject https://login.example.org/ 2482 --grant https://ega/EGAD1
          --action beacon:record --dataset cohort-1 --purpose HMB
    """  # noqa: D301
    if anonymous is (subject is not None):
        raise click.UsageError("say who asks: --anonymous, or --subject ISSUER SUBJECT")
    if anonymous and (asked["registered"] or asked["grants"] or asked["roles"]):
        raise click.UsageError("nobody knows who an anonymous caller is: give --subject for visas and roles")
    with opened(data_dir) as house:
        from governance.roles import RoleRegister  # noqa: PLC0415 - no help waits for the database

        caller = ANONYMOUS
        if subject is not None:
            roles = RoleRegister(house.database).of(Identity(*subject))
            caller = _caller(Identity(*subject), roles, **asked)
        context = Context(tuple(spelled(each) for each in asked["purpose"]), asked["network"])
        found = Policy(_folder(house.folder)).explain(
            caller,
            BY_TERM[asked["action"]],
            house.register.get(asked["dataset"]),
            context,
            trusted=_trusted(house.folder),
        )
    if as_json:
        show(_json(found))
        return
    for line in found.lines():
        click.echo(line)


def _all_asked(data_dir: Path | None) -> None:
    """Returns where every file that is written like rules is asked about something.

    Raises:
        PolicyInvalid: names those that are not.
    """
    folder = _folder(data_dir)
    if not unasked(folder, ()):
        return  # no dataset has rules of its own: no need to look up which there are
    with opened(data_dir) as house:
        strangers = unasked(folder, [each.id for each in house.register.all()])
    if strangers:
        raise PolicyInvalid(strangers)


def _folder(data_dir: Path | None) -> Path:
    """Where the site's rules are."""
    from insitu.governing import FOLDER  # noqa: PLC0415 - no help waits for the rooms
    from insitu.house import site_settings  # noqa: PLC0415

    return site_settings(data_dir).data_dir / FOLDER


def _trusted(folder: Path) -> Trusted:
    """Whom the site trusts with visas of a type; nobody where it has no trust file."""
    from governance.passport.trust import read_trust  # noqa: PLC0415 - no help waits for it
    from governance.passport.trustfile import path_in  # noqa: PLC0415

    path = path_in(folder)
    issuers = read_trust(path).visa_issuer if path.exists() else ()
    return lambda kind: [each.issuer for each in issuers if each.types is None or kind in each.types]


def _caller(
    identity: Identity,
    held: frozenset[Role],
    *,
    registered: bool,
    grants: tuple[str, ...],
    source: str,
    roles: tuple[str, ...],
    **_: Any,
) -> Caller:
    return Caller(
        identity,
        identity,
        visas=tuple(_visa(identity, value, source) for value in grants),
        roles=held.union(map(Role, roles)),
        registered=registered,
    )


def _visa(identity: Identity, value: str, source: str) -> Visa:
    digest = hashlib.sha256(f"{value} {source}".encode()).hexdigest()
    return Visa("ControlledAccessGrants", value, source, "dac", identity, 0, _LATER, digest)


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.key,
        "line": rule.line,
        "effect": "permit" if rule.permits else "forbid",
        "obligations": [str(each) for each in rule.obligations],
        "serves": rule.serves,
        "note": rule.note,
        "text": rule.text,
    }


def _print(book: RuleBook, rules: list[Rule]) -> None:
    click.echo(f"// version {book.version}")
    file = None
    for rule in rules:
        if rule.file != file:
            file = rule.file
            click.echo(f"\n// ======== {file}")
        click.echo(f"\n// {rule.note}\n{rule.text};" if rule.note else f"\n{rule.text};")


def _json(found: Explanation) -> dict[str, Any]:
    decision = found.decision
    return {
        "outcome": decision.outcome,
        "asked": decision.asked.term,
        "given": decision.given.name.lower(),
        "dataset": decision.dataset.id,
        "rule": decision.rule,
        "obligations": [str(each) for each in decision.obligations],
        "exempt": decision.exempt,
        "purpose": {"fit": found.purpose.fit, "reasons": found.purpose.reasons},
        "rules": [
            _described(seen.rule) | {"holds": seen.holds, "failing": [asdict(each) for each in seen.failing]}
            for seen in found.rules
        ],
        "opens": found.opens,
    }
