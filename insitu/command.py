"""The `insitu` command: finds the subcommand, runs it, and ends with an exit code that means something."""

import importlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from insitu import version
from insitu.exits import MEANINGS, Exit, ending
from insitu.terminal import say

COMMANDS = {
    "demo": ("insitu.commands.demo", "Run a site with demonstration data."),
    "site": ("insitu.commands.site", "Run the site: every service, the database and the queue."),
    "serve": ("insitu.commands.site", "Run one SERVICE alone: beacon, drs, passport or registry."),
    "worker": (
        "insitu.commands.worker",
        "Run one worker: it reads files for loads, one part after another, and prepares objects.",
    ),
    "dataset": ("insitu.commands.dataset", "Register datasets and say what each gives."),
    "load": ("insitu.commands.load", "Load variants, whose the samples are, genes, or objects."),
    "objects": (
        "insitu.commands.objects",
        "List, show, remove and verify objects: the files that DRS serves.",
    ),
    "role": ("insitu.commands.role", "Give roles to accounts, and take them away."),
    "account": (
        "insitu.commands.account",
        "Make the accounts with which people log in at this site, and take them away.",
    ),
    "client": (
        "insitu.commands.client",
        "Register programs that log people in or ask for tokens, and remove them.",
    ),
    "upstream": (
        "insitu.commands.upstream",
        "Check and show at which providers of others people may log in to this site.",
    ),
    "keys": (
        "insitu.commands.keys", "List and rotate the keys with which this site's passport broker signs."
    ),
    "policy": ("insitu.commands.policy", "Check and explain the rules that decide who gets what."),
    "audit": ("insitu.commands.audit", "Read, export and verify the record of what was asked and done."),
    "migrate": ("insitu.commands.migrate", "Bring the database's tables up to date."),
    "login": ("insitu.commands.login", "Log in at the broker of a site, or at any that lets devices log in."),
    "logout": ("insitu.commands.login", "Log out: the broker ends the login, and nothing of it is kept."),
    "whoami": (
        "insitu.commands.login",
        "Show who is logged in, at which broker, with which visas, and for how long.",
    ),
    "token": (
        "insitu.commands.login",
        "Print an access token, for scripts.",
    ),
    "visa": ("insitu.commands.visa", "Issue, list and revoke visas of this site's passport broker."),
    "access": (
        "insitu.commands.access",
        "Apply for data at a site, decide on applications, and see what is due.",
    ),
    "ask": ("insitu.commands.ask", "Ask a Beacon, with your login's token where it is for that site."),
    "trust": ("insitu.commands.trust", "Check and explain whose tokens and visas this site believes."),
    "check": (
        "insitu.commands.check",
        "Check settings, folder, port, rules, trust, passport broker, stores, database and queue.",
    ),
}
"""Each command's module, and the first sentence of its help, for which nothing has to be imported."""

EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code.value:>3}  {what}" for code, what in MEANINGS.items())


class Commands(click.Group):
    """Imports a command's module only when that command is asked for, so that the others stay quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names, in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        found = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


@click.command(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version(), prog_name="insitu")
def cli() -> None:
    """Insitu answers questions about life-science data where the data lies.

    \b
    A first look, with made-up data:
      insitu demo

    \b
    A site of your own:
      insitu dataset add cohort-1 --assembly GRCh38 --anonymous count
      insitu load vcf cohort.vcf.gz --dataset cohort-1
      insitu site

    `insitu COMMAND --help` explains each command, with examples.
    """  # noqa: D301


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and gives its exit code; every foreseen failure is one line on standard error."""
    with _terminated_like_interrupted():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result = cli.main(args=arguments, prog_name="insitu", standalone_mode=False)
    except click.exceptions.Abort:
        say("insitu: interrupted")
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        return _closed_pipe()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        return _ended(error)
    return result if isinstance(result, int) else Exit.OK


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Has SIGTERM do what Ctrl-C does, so that whatever is open is closed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _ended(error: BaseException) -> Exit:
    if os.environ.get("INSITU_DEBUG", "").lower() not in ("", "0", "false", "no", "off"):
        traceback.print_exception(error)
    found = ending(error)
    if found is None:
        logging.getLogger("insitu").debug("unexpected", exc_info=error)
        say(f"insitu: unexpected {type(error).__name__}: {_first_line(error)} (INSITU_DEBUG=1 shows where)")
        return Exit.FAILED
    say(f"insitu: {found[1]}")
    return found[0]


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0]


def _closed_pipe() -> Exit:
    """Ends quietly when the reader of our output has gone (`insitu dataset list | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK
