"""`insitu audit who` and `forget`: the account behind a name of the trail."""

from pathlib import Path
from typing import Any

import click

from insitu import options
from insitu.commands.audit_keeping import ask
from insitu.exits import Exit, Stop
from insitu.opening import opened
from insitu.terminal import say, show


def pseudonym(trail: Any, account: tuple[str, str]) -> str:
    """The name of an account in the trail.

    Raises:
        Stop: it has none.
    """
    from governance.caller import Identity  # noqa: PLC0415  (slow to import)

    found = trail.names.known(Identity(*account))
    if found is None:
        raise Stop(f"{account[1]} of {account[0]} has never asked here, or is forgotten", Exit.REFUSED)
    return str(found)


@click.command()
@click.argument("name", metavar="PSEUDONYM")
@options.data_dir
@options.as_json
def who(*, name: str, data_dir: Path | None, as_json: bool) -> None:
    """Say which account a PSEUDONYM of the trail is. That you asked is on record before you learn it.

    \b
    Example:
      insitu audit who 8b1a9953c4611296a827abf8c47804d7
    """  # noqa: D301
    from governance.audit.acts import record_act  # noqa: PLC0415  (slow to import)

    with opened(data_dir) as house:
        found = house.trail.names.who(name)
        outcome = "nobody" if found is None else "done"
        record_act(house.trail, "audit.identified", details={"pseudonym": name[:64]}, outcome=outcome)
    if found is None:
        raise Stop(f"{name} is nobody, or is forgotten", Exit.REFUSED)
    if as_json:
        show({"issuer": found.issuer, "subject": found.subject})
    else:
        click.echo(f"{found.issuer}\t{found.subject}")


@click.command()
@click.argument("issuer")
@click.argument("subject")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.data_dir
def forget(*, issuer: str, subject: str, yes: bool, data_dir: Path | None) -> None:
    """Destroy the key of an account: nobody can tell any more which rows are about it.

    The rows stay, and the trail stays whole. The same account is somebody new if it asks again. Accounts that
    are linked to it are forgotten one by one.

    \b
    Example:
      insitu audit forget https://login.example.org u-1234
    """  # noqa: D301
    from governance.audit.acts import acting  # noqa: PLC0415
    from governance.caller import Identity  # noqa: PLC0415

    with opened(data_dir) as house:
        name = pseudonym(house.trail, (issuer, subject))
        ask(f"Forget {subject} of {issuer} for good?", yes=yes)
        with acting(house.trail, "audit.forgotten", details={"pseudonym": name}) as came:
            house.trail.names.forget(Identity(issuer, subject))
            came.update(pseudonym=name, overwritten=house.trail.names.overwrite())
        if not came["overwritten"]:
            say("insitu: warning: the key is gone, but the table could not be written anew: see the log")
    say(f"{name} is nobody now.")
