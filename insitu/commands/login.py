"""`insitu login`, `logout`, `whoami` and `token`: this user's logins at brokers."""

from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

import click

from insitu import options
from insitu.exits import Exit, Stop
from insitu.terminal import say, show, table

if TYPE_CHECKING:
    from insitu.login.device import Code
    from insitu.login.kept import Login
    from insitu.login.person import Person

SCOPES = ("openid", "profile", "email", "ga4gh_passport_v1", "offline_access")


@click.command()
@click.argument("url", required=False)
@click.option(
    "--for", "audiences", multiple=True, metavar="URL",
    help="Another site that the login is for; repeat.  [default: the broker's own site]",
)  # fmt: skip
@click.option(
    "--client", "client_id", default="insitu-cli", show_default=True, help="Who this is at the broker."
)
@click.option("--secret-file", type=click.File(encoding="ascii"), help="File of that client's secret.")
@click.option(
    "--scope", "scopes", multiple=True, help=f"What to ask for; repeat.  [default: {' '.join(SCOPES)}]"
)
@options.as_json
def login(
    *, url: str | None, audiences: tuple[str, ...], client_id: str, secret_file: TextIO | None,
    scopes: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Log in at the broker of a site, or at any that lets devices log in.

    Prints an address and a code to type in there, in any browser, and waits. URL is the site or the issuer;
    this machine's own site if not given. Other commands use the login from then on and refresh it by
    themselves. A token is sent only to the sites that the login is for, and its person has to allow them.

    \b
    Examples:
      insitu login https://beacon.hospital.example
      insitu login https://beacon.hospital.example --for https://site-b.example.org
      insitu login https://login.elixir.example/oidc/ --client my-cli --for https://beacon.hospital.example
    """  # noqa: D301
    from insitu.login.beginning import Wanted  # noqa: PLC0415 - no help waits for it
    from insitu.login.choosing import audiences_at  # noqa: PLC0415
    from insitu.login.metadata import discovered  # noqa: PLC0415
    from insitu.login.session import Session  # noqa: PLC0415
    from insitu.login.tokens import Client  # noqa: PLC0415

    session = Session()
    metadata = discovered(url or _here(), session.calls)
    secret = None if secret_file is None else secret_file.readline(1000).strip() or None
    known = session.keeping.of(metadata.issuer)
    before = known.audiences if known is not None and audiences else ()
    wanted = Wanted(
        Client(client_id, secret), scopes or SCOPES, audiences_at(metadata.issuer, [*before, *audiences])
    )
    made = session.log_in(metadata, wanted, _tell)
    if as_json:
        show(_described(made))
        return
    say(f"You are {made.subject} at {made.issuer}{_until(made)}.")
    say(f"The login is for {', '.join(made.audiences) or 'no site: --for names those it is for'}.")


@click.command()
@click.argument("url", required=False)
def logout(*, url: str | None) -> None:
    """Log out: the broker ends the login, and nothing of it is kept.

    URL is the broker or its site; not needed where there is one login only.

    \b
    Example:
      insitu logout
    """  # noqa: D301
    from insitu.login.choosing import chosen  # noqa: PLC0415
    from insitu.login.session import Session  # noqa: PLC0415

    session = Session()
    found = chosen(session.keeping, url)
    if not session.log_out(found.issuer):
        raise Stop(
            f"nothing of the login is kept here any more, but {found.issuer} could not be told: "
            "take back there what you allowed the command line"
        )
    say(f"You are logged out at {found.issuer}.")


@click.command()
@options.broker
@options.as_json
def whoami(*, broker: str | None, as_json: bool) -> None:
    """Show who is logged in, at which broker, with which visas, and for how long.

    The visas are shown as the broker gives them, in UserInfo; whether a site believes them is for it to say.

    \b
    Example:
      insitu whoami --json | jq -r '.[].visas[].value'
    """  # noqa: D301
    from insitu.login.choosing import chosen  # noqa: PLC0415
    from insitu.login.person import person  # noqa: PLC0415
    from insitu.login.session import Session, logins  # noqa: PLC0415

    session = Session()
    listed = list(logins(session.keeping))
    found = listed if broker is None and listed else [chosen(session.keeping, broker)]
    told = [(each, person(session, each)) for each in found]
    if as_json:
        show([_described(each) | asdict(who) for each, who in told])
        return
    for each, who in told:
        _introduce(each, who)


@click.command()
@click.option("--audience", help="The site that it is for.  [default: the first that the login is for]")
@click.option("--passport", is_flag=True, help="A passport, for clients that have a secret.")
@options.broker
def token(*, audience: str | None, passport: bool, broker: str | None) -> None:
    """Print an access token, for scripts.

    Whoever has it can act as you until it ends. It holds for minutes, for other sites than the broker's own
    for half a minute: ask anew for each call.

    \b
    Examples:
      insitu token --audience https://site-b.example.org
      curl -H @<(echo "Authorization: Bearer $(insitu token)") https://hospital.example/ga4gh/beacon/v2/datasets
    """  # noqa: D301
    from insitu.login import exchanging  # noqa: PLC0415
    from insitu.login.choosing import bare, chosen, login_for  # noqa: PLC0415
    from insitu.login.session import Session  # noqa: PLC0415

    if passport and audience is not None:
        raise Stop("a passport is for whoever gets it: leave --audience away", Exit.USAGE)
    session = Session()
    known = None if audience is None else login_for(session.keeping, audience, broker)
    found = known or chosen(session.keeping, broker)
    made = session.token(found, None if audience is None else bare(audience))
    click.echo(exchanging.passport(session.calls, found, made) if passport else made)


def _here() -> str:
    """The site of this machine.

    Raises:
        Stop: nobody has said under which address it is reached.
    """
    from insitu.origin import MISSING, origin_of  # noqa: PLC0415
    from serving.settings import ServingSettings  # noqa: PLC0415

    origin = origin_of(ServingSettings())
    if origin is None:
        raise Stop(f"say where to log in: insitu login URL ({MISSING})", Exit.USAGE)
    return origin


def _tell(code: "Code") -> None:
    say(f"Open {code.page} and type in the code {code.user}")
    if code.whole is not None:
        say(f"or open {code.whole}")
    say(f"Waiting for that; the code holds for {code.lasts // 60} minutes.")


def _until(found: "Login") -> str:
    from governance.passport.claims import shown  # noqa: PLC0415

    return "" if found.ends is None else f" until {shown(found.ends)}"


def _described(found: "Login") -> dict[str, object]:
    return {
        "issuer": found.issuer, "subject": found.subject, "client": found.client.id, "scopes": found.scopes,
        "audiences": found.audiences, "since": found.since, "ends": found.ends,
    }  # fmt: skip


def _introduce(found: "Login", who: "Person") -> None:
    from governance.passport.claims import shown  # noqa: PLC0415

    called = " ".join(each for each in (who.name, who.email and f"<{who.email}>") if each)
    click.echo(f"{who.subject}{called and ' ' + called} at {found.issuer}")
    sites = ", ".join(found.audiences) or "no site"
    click.echo(f"logged in by {found.client.id}{_until(found)}, for {sites}")
    if not who.visas:
        click.echo("no visas")
        return
    cells = [
        [each.type, each.value, each.source, each.by, "" if each.ends is None else shown(each.ends)]
        for each in who.visas
    ]
    table(["TYPE", "VALUE", "SOURCE", "BY", "UNTIL"], cells)
