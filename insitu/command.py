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
    "demo": "insitu.commands.demo:demo",
    "site": "insitu.commands.site:site",
    "serve": "insitu.commands.site:serve",
    "worker": "insitu.commands.worker:worker",
    "dataset": "insitu.commands.dataset:dataset",
    "load": "insitu.commands.load:load",
    "migrate": "insitu.commands.migrate:migrate",
    "check": "insitu.commands.check:check",
}

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
        module, name = COMMANDS[cmd_name].split(":")
        found = getattr(importlib.import_module(module), name)
        return found if isinstance(found, click.Command) else None


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
    if os.environ.get("INSITU_DEBUG"):
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
