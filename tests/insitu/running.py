"""A site in processes of its own, as a person starts it."""

import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

PATIENCE = 120.0
ROOT = Path(__file__).parents[2]


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kills those that have not ended by themselves meanwhile."""
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()


class Sites:
    """Starts sites and clears away what is left of them at the end of the block."""

    def __init__(self) -> None:
        self._started: list[Site] = []

    def __call__(self, folder: Path, arguments: Sequence[str]) -> "Site":
        self._started.append(Site(folder, arguments))
        return self._started[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._started:
            each.clear()


class Site:
    """`insitu ARGUMENTS` over a data folder, until it is stopped. `said` collects its lines."""

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.url = ""
        self._ended = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "insitu", *arguments, "--data-dir", str(folder)],
            cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))
            if "beacon answers on http" in line:
                self.url = line.split(" answers on ")[1].strip().removesuffix("/ga4gh/beacon/v2")

    def ready(self) -> "Site":
        """Waits until it answers."""
        until = time.monotonic() + PATIENCE
        while not (self.url and self.get("/readyz")[0] == 200):
            assert self.process.poll() is None, "\n".join(self.said)
            assert time.monotonic() < until, "\n".join(self.said)
            time.sleep(0.1)
        return self

    def get(self, path: str) -> tuple[int, dict]:
        """Status and JSON of a path of the site."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}

    def end(self, number: signal.Signals) -> int:
        """Sends the signal and waits; the exit status."""
        self._ended = True
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        for pipe in (self.process.stderr, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return status

    def clear(self) -> None:
        """Kills whatever is left, however the test went."""
        kill([each for each in self.processes() if each.pid != self.process.pid])
        if not self._ended:
            self.end(signal.SIGKILL)

    def processes(self) -> list[psutil.Process]:
        """Every process on this machine that works on our folder."""
        return [each for each in psutil.process_iter() if self._ours(each)]

    def names(self) -> set[str]:
        """The names of the programs that work on our folder; those that have just ended are left out."""
        found = set()
        for each in self.processes():
            with suppress(psutil.NoSuchProcess):
                found.add(each.name())
        return found

    def named(self, word: str) -> list[psutil.Process]:
        """The processes on our folder whose program has this name, or whose command line this word."""
        found = []
        for each in self.processes():
            with suppress(psutil.NoSuchProcess):
                found += [each] if word in (each.name(), *each.cmdline()) else []
        return found

    def _ours(self, process: psutil.Process) -> bool:
        try:
            return any(str(self.folder) in word for word in process.cmdline())
        except psutil.Error:
            return False

    def settled(self, names: set[str]) -> bool:
        """Waits until only processes of these names are left; True when it came to that."""
        until = time.monotonic() + PATIENCE
        while self.names() - names:
            if time.monotonic() > until:
                return False
            time.sleep(0.3)
        return True
