"""Starting programs: to their end, or detached so that they outlive us; as another account for root."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import unprivileged
from processes.accounts import Account
from processes.errors import CannotStart


class LockHeld(CannotStart):
    """Something that an earlier start left behind holds the lock; look again."""


@dataclass(frozen=True)
class Program:
    """A program to run: absolute command, environment, account (None: who we are), paths it must reach."""

    command: Sequence[str]
    environment: Mapping[str, str]
    account: Account | None = None
    needs: Sequence[Path] = ()


def run(program: Program, *, lock: Path, timeout_seconds: float, standard_input: str = "") -> tuple[int, str]:
    """Runs the program to its end and gives its exit status and all it said.

    It holds `lock` alone as long as it lives, which may be longer than we do. Raises CannotStart when it
    cannot be executed, LockHeld when something else holds the lock.
    """
    order = _order(program) | {"lock": str(lock), "starter": os.getpid()}
    with _in_time(program):
        done = subprocess.run(order_command(order), env=dict(program.environment), input=standard_input,
                              cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=timeout_seconds, check=False)
    if done.returncode == unprivileged.NOT_EXECUTED:
        raise _refusal(program, done.stdout)
    return done.returncode, done.stdout


def launch(program: Program, *, lock: Path, record: Path, log: Path, remember: Mapping[str, object]) -> int:
    """Starts the program in a session of its own and gives its process id, once it is really executing.

    The program holds `lock` alone until it and all its children have ended. `record` is a JSON file with its
    `pid` and what is to be remembered, written before it executes. Raises CannotStart with what the system
    said.
    """
    order = _order(program) | {"detach": True, "lock": str(lock), "record": str(record), "log": str(log),
                               "remember": dict(remember)}
    with _in_time(program):
        done = subprocess.run(order_command(order), env=dict(program.environment), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise _refusal(program, done.stdout)
    return int(json.loads(done.stdout)["pid"])


@contextmanager
def _in_time(program: Program) -> Iterator[None]:
    """Has a time limit be a reason; the command that subprocess would repeat is nobody's business."""
    try:
        yield
    except subprocess.TimeoutExpired as late:
        raise CannotStart(f"{Path(program.command[0]).name} took longer than {late.timeout:.0f} seconds; the "
                          "machine or its disk is overloaded: try again when it is not") from None


def _refusal(program: Program, said: str) -> CannotStart:
    try:
        complaint = str(json.loads(said)["error"])
    except (ValueError, KeyError, TypeError):
        complaint = said.strip() or "it ended without a word"
    kind = LockHeld if complaint == unprivileged.HELD else CannotStart
    return kind(f"{Path(program.command[0]).name} could not be started: {complaint}")


def order_command(order: Mapping[str, object]) -> list[str]:
    """Gives the command line that carries out an order of `processes.unprivileged`."""
    return [sys.executable, "-I", "-S", str(Path(unprivileged.__file__).resolve()), json.dumps(order)]


def _order(program: Program) -> dict[str, object]:
    order: dict[str, object] = {"command": list(program.command), "needs": list(map(str, program.needs))}
    if program.account is not None:
        order |= {"uid": program.account.uid, "gid": program.account.gid, "name": program.account.name}
    return order
