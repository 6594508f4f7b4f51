"""Programs started for a measurement: their time, and the memory of everything they started, from /proc."""

import json
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Ran:
    """How a program went: wall seconds, and the highest memory seen, in bytes.

    `own` adds the resident set of every process of ours (the command and its workers; pages they share
    count for each). `servers` adds PostgreSQL's and Valkey's proportional sets.
    """

    seconds: float
    own: int
    servers: int
    output: str = ""


class ProgramFailedError(Exception):
    """A measured program ended with an error: no figure is made from it."""


@dataclass(slots=True)
class _Watch:
    root: int
    site: Path | None
    own: int = 0
    servers: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stop.wait(0.1):
            own = memory(descendants(self.root), "VmRSS:")
            servers = memory(_servers(self.site), "Pss:") if self.site else 0
            self.own, self.servers = max(self.own, own), max(self.servers, servers)


def run(command: list[str], *, site: Path | None = None, discard: bool = False) -> Ran:
    """The program run to its end, watched, and the servers of a site's folder with it.

    `discard` sends what it prints to /dev/null, unread.
    """
    started = time.perf_counter()
    output = subprocess.DEVNULL if discard else subprocess.PIPE
    child = subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True)
    watch = _Watch(child.pid, site)
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    printed, complaint = child.communicate()
    seconds = time.perf_counter() - started
    watch.stop.set()
    thread.join()
    if child.returncode != 0:
        raise ProgramFailedError(
            f"{' '.join(command[:4])} ... ended with {child.returncode}: {complaint[-2000:]}"
        )
    return Ran(seconds, watch.own, watch.servers, printed or "")


def memory(pids: Iterable[int], measure: str) -> int:
    """Bytes that processes hold now, by resident (`VmRSS:`) or proportional (`Pss:`) set."""
    name = "smaps_rollup" if measure == "Pss:" else "status"
    held = 0
    for pid in pids:
        try:
            held += _field(Path(f"/proc/{pid}/{name}").read_text(), measure)
        except OSError:  # it ended while we looked, or is not ours to look at
            continue
    return held


def _servers(site: Path) -> list[int]:
    """PostgreSQL and Valkey of a site's folder, with the processes below them."""
    found: list[int] = []
    for note in site.glob("*/server.json"):
        try:
            found += descendants(int(json.loads(note.read_text())["pid"]))
        except (OSError, ValueError, KeyError):  # being written, or gone
            continue
    return found


def descendants(root: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def _field(text: str, name: str) -> int:
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0
