"""A site of its own folder, filled and run by its commands only, as its custodian would."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PATIENCE = 120.0


@dataclass(slots=True)
class Site:
    """Commands on one data folder. `environment` is added to each."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def insitu(self, *words: str) -> str:
        """What a command prints, once it has succeeded."""
        ended = subprocess.run(
            self._command(words), capture_output=True, text=True, env=self._variables(), check=False
        )
        assert ended.returncode == 0, f"insitu {' '.join(words)}: {ended.stderr[-3000:]}"
        return ended.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command under way; its words go to a log in the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(self._command(words), stdout=log, stderr=log, env=self._variables())

    @property
    def log(self) -> Path:
        """What started commands said."""
        return self.folder / "commands.log"

    def add(self, dataset: str, tier: str = "record") -> None:
        """A new dataset on GRCh37."""
        self.insitu("dataset", "add", dataset, "--assembly", "GRCh37", "--anonymous", tier)

    def load(self, file: Path, dataset: str) -> dict[str, Any]:
        """A file loaded; its report."""
        report: dict[str, Any] = json.loads(
            "{" + self.insitu(*load_words(file, dataset), "--json").partition("{")[2]
        )
        return report

    @contextmanager
    def running(self, processes: int) -> Iterator[tuple[str, int]]:
        """The address of the running site."""
        port = _free_port()
        child = self.start("site", "--port", str(port), "--processes", str(processes))
        try:
            until(lambda: _answers(port) or child.poll() is not None)
            assert child.poll() is None, self.log.read_text(errors="replace")[-3000:]
            yield "127.0.0.1", port
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(_PATIENCE)

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "insitu", *words, "--data-dir", str(self.folder)]

    def _variables(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


def records_in(report: dict[str, Any]) -> int:
    """The records that a load report accounts for."""
    return sum(int(file["records"]) for file in report["files"].values())


def load_words(file: Path, dataset: str) -> list[str]:
    """The command that loads a file."""
    return ["load", "vcf", str(file), "--dataset", dataset, "--workers", "2"]


def until(holds: Callable[[], bool], patience: float = _PATIENCE) -> None:
    """Returns once it holds. AssertionError when it never does."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError(f"waited {patience} seconds in vain")


def descendants(root: int) -> list[int]:
    """Every process below one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it ended meanwhile
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def command_line(pid: int) -> list[str]:
    """How a process was started; nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
