"""Child processes of ours that end when we do, however we end."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from processes.errors import CannotStart
from processes.following import LIFELINE
from processes.launching import order_command


@dataclass(frozen=True)
class Ended:
    """A child that ended without having been told to; `status` is negative for a signal, as in subprocess."""

    name: str
    pid: int
    status: int


class Children:
    """The children of this process, each in a process group of its own so that Ctrl-C reaches only us.

    They end with us. `stop()` asks them, waits and then kills. If we are killed, the kernel sends them
    SIGTERM (Linux), and those that call `following.follow_parent()` also see our end of a pipe close
    (everywhere). Start them from the main thread: the kernel takes the end of another starting thread for our
    end.
    """

    def __init__(self, *, grace_seconds: float = 15.0) -> None:
        self._grace = grace_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._reader, self._lifeline = os.pipe()  # closed on exec; the reader is passed on, our end never is

    def start(self, name: str, command: Sequence[str], *, environment: Mapping[str, str] | None = None,
              pass_fds: Sequence[int] = ()) -> int:
        """Starts a child and gives its process id. `name` must not be that of one that still runs.

        The command begins with an absolute path; the environment is added to ours. Raises CannotStart when
        the program cannot be executed.
        """
        if name in self._running:
            raise ValueError(f"{name} is running")
        if not os.access(command[0], os.X_OK):
            raise CannotStart(f"{Path(command[0]).name} for {name} is not a program that can be started")
        whole = {**os.environ, **(environment or {}), LIFELINE: str(self._reader)}
        child = subprocess.Popen(_tied(command), env=whole, stdin=subprocess.DEVNULL, process_group=0,
                                 pass_fds=(*pass_fds, self._reader))
        self._running[name] = child
        return child.pid

    def poll(self) -> list[Ended]:
        """Gives the children that have ended since the last call; each is told once and forgotten."""
        ended = [Ended(name, child.pid, child.returncode) for name, child in self._running.items()
                 if child.poll() is not None]
        for one in ended:
            del self._running[one.name]
        return ended

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the children that are not known to have ended, by name."""
        return {name: child.pid for name, child in self._running.items()}

    def stop(self) -> None:
        """Sends SIGTERM to all, waits for `grace_seconds` altogether, and kills what is left. Idempotent."""
        children, self._running = list(self._running.values()), {}
        for child in children:
            _send(child, signal.SIGTERM)
        until = time.monotonic() + self._grace
        for child in children:
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _send(child, signal.SIGKILL)
                child.wait()

    def close(self) -> None:
        """Stops all children and gives up the pipe; nothing can be started afterwards. Idempotent."""
        self.stop()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            os.close(self._reader)
            self._lifeline = self._reader = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def _tied(command: Sequence[str]) -> Sequence[str]:
    """Gives the command that asks the kernel to tie it to us before it becomes the program."""
    if threading.current_thread() is not threading.main_thread():
        return command
    return order_command({"command": list(command), "parent": os.getpid()})


def _send(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if child.poll() is None:
        child.send_signal(number)
