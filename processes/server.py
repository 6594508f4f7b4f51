"""An embedded server that several processes of a site share: the first starts it, the last one out stops it.

Its folder holds three lock files. `start.lock` is held while anybody starts or stops the server. Each process
that uses the server has a share in `users.lock`. The server and its children hold `alive.lock`, so it is free
exactly when nothing of the server is left, whatever process ids say. A user that is killed loses its share; a
server that lost all its users is adopted by the next start, which then is the one to stop it.
"""

import contextlib
import json
import logging
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from processes.accounts import Account, account_for
from processes.errors import CannotStart, explain
from processes.folders import socket_folder
from processes.launching import LockHeld, Program, launch
from processes.locks import SharedHold, exclusive, is_held
from processes.looking import command_of

logger = logging.getLogger("insitu.processes")

LARGEST_LOG = 10_000_000  # bytes, before it is put aside at a start


class SharedServer(ABC):
    """A server in a folder of its own, started, adopted and stopped; subclasses say which and how."""

    name: str
    socket_name: str
    stop_signals: tuple[tuple[signal.Signals, float], ...]  # each signal, and how many seconds it is given

    def __init__(self, folder: Path, *, account: str | None = None, patience_seconds: float = 300.0) -> None:
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100  (links may stay)
        self._wanted_account = account
        self._patience = patience_seconds
        self._share = SharedHold(self.folder / "users.lock")
        self._log_start: int | None = None  # where the words of a server that we launched begin

    def start(self) -> str:
        """Starts the server, or adopts the one that lives, and gives its URL. Idempotent.

        Raises CannotStart with one line for the person at the keyboard.
        """
        self._make_folder()
        with exclusive(self.folder / "start.lock", self._patience + 60):
            fresh = not self._share.held
            self._share.take()
            try:
                return self._started()
            except BaseException:
                if fresh and self._share.release():
                    self._stop_server()
                raise

    def revive(self) -> bool:
        """Starts the server again when it has died under us, and says whether it had.

        Raises CannotStart when it cannot be started.
        """
        if not self._share.held or self._running():
            return False
        self.start()
        return True

    def stop(self) -> None:
        """Gives up our share, and stops the server when no other process uses it. Idempotent."""
        if not self._share.held:
            return
        with exclusive(self.folder / "start.lock", self._patience + 60):
            if self._share.release():
                self._stop_server()

    @property
    def log(self) -> Path:
        """The file that takes what the server says."""
        return self.folder / "server.log"

    # What a subclass says.

    @abstractmethod
    def prepare(self, account: Account | None) -> None:
        """Makes what the server needs before its first start; called under the start lock, server down."""

    @abstractmethod
    def program(self, account: Account | None, sockets: Path) -> Program:
        """Gives the program to execute, listening in the folder `sockets`."""

    @abstractmethod
    def url(self, sockets: Path) -> str:
        """Gives the URL of the server that listens in the folder `sockets`."""

    @abstractmethod
    def answers(self, sockets: Path) -> bool:
        """Tells whether the server takes work yet. Raises CannotStart when it never will."""

    def reason(self, said: str) -> str:
        """Gives the one-line reason in what the server said before it ended."""
        lines = [line for line in said.splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it ended without a word"

    # How it is done.

    def _make_folder(self) -> None:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            account_for(self.folder, self._wanted_account)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            # Root's folder is passed through by the server's account, which owns only what lies in it.
            self.folder.chmod(0o711 if self.folder.stat().st_uid == 0 else 0o700)
        except OSError as error:
            raise explain(error, str(self.folder)) from error

    def _account(self) -> Account | None:
        data = self.folder / "data"
        return account_for(data if data.exists() else self.folder, self._wanted_account)

    def _started(self) -> str:
        until = time.monotonic() + self._patience
        self._log_start = None
        while not (self._running() and self._ready(until)):
            # What a killed start set going may come up now: then it is adopted.
            with contextlib.suppress(LockHeld):
                self._launch()
                self._ready(until)
                break
        return self.url(self._sockets())

    def _running(self) -> bool:
        return is_held(self.folder / "alive.lock")

    def _launch(self) -> None:
        account = self._account()
        self.prepare(account)
        self._put_log_aside()
        sockets = socket_folder(self.folder / "run", self.socket_name, account, self._last_sockets())
        for stale in sockets.glob(f"{self.socket_name}*"):  # a killed server's, and what marks it as in use
            stale.unlink()
        log_start = self.log.stat().st_size if self.log.exists() else 0
        launch(self.program(account, sockets), lock=self.folder / "alive.lock",
               record=self.folder / "server.json", log=self.log, remember={"sockets": str(sockets)})
        self._log_start = log_start

    def _ready(self, until: float) -> bool:
        """Waits until the server answers; says False when one that we did not launch ended before it did."""
        pause = 0.01
        while True:
            if self.answers(self._sockets()):
                return True
            if not self._running():
                return self._ended()
            if time.monotonic() > until:
                raise CannotStart(f"{self.name} has not answered for {self._patience:.0f} seconds; "
                                  f"see {self.log}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)

    def _ended(self) -> bool:
        if self._log_start is None:
            return False
        with self.log.open(errors="replace") as file:
            file.seek(self._log_start)
            raise CannotStart(f"{self.name} did not start: {self.reason(file.read())}")

    def _record(self) -> dict[str, object]:
        try:
            found = json.loads((self.folder / "server.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _last_sockets(self) -> Path | None:
        last = self._record().get("sockets")
        return Path(str(last)) if last else None

    def _sockets(self) -> Path:
        return self._last_sockets() or self.folder / "run"

    def _put_log_aside(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LARGEST_LOG:
                self.log.replace(self.log.with_suffix(".log.1"))

    # Stopping.

    def _stop_server(self) -> None:
        for stop_signal, patience in self.stop_signals:
            if not self._signal(stop_signal) or self._gone(patience):
                break
        if self._running():
            logger.warning("%s in %s could not be stopped; the next start adopts it", self.name, self.folder)
        sockets = self._last_sockets()
        if sockets is not None and sockets.parent != self.folder and not self._running():
            with contextlib.suppress(OSError):  # a temporary folder; not empty when the server was killed
                sockets.rmdir()

    def _signal(self, number: signal.Signals) -> bool:
        """Sends the signal to the server, when the recorded process is really it."""
        pid = self._record().get("pid")
        if not isinstance(pid, int) or not self._running() or not self.is_ours(command_of(pid)):
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        return True

    @abstractmethod
    def is_ours(self, command: Sequence[str]) -> bool:
        """Tells whether a process with this command line is this folder's server: ids are reused."""

    def _gone(self, patience: float) -> bool:
        until = time.monotonic() + patience
        while self._running():
            if time.monotonic() > until:
                return False
            self._reap()
            time.sleep(0.01)
        self._reap()
        return True

    def _reap(self) -> None:
        """Takes the exit status where the server became our own child (we are process 1 of a container)."""
        pid = self._record().get("pid")
        if isinstance(pid, int):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def write_private(path: Path, text: str, account: Account | None) -> None:
    """Writes the file anew with mode 0600, readable by the account only."""
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            if account is not None:
                os.fchown(file.fileno(), account.uid, account.gid)
    except OSError as error:
        raise explain(error, str(path)) from error
