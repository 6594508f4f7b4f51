"""Programs that tests start, crash and watch: one process of a site each, as Python source."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from processes.looking import command_of

ROOT = Path(__file__).parents[1]

HOLD_POSTGRES = """
import sys, time
from pathlib import Path
from database.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print("up", flush=True)
sys.stdin.read()
server.stop()
"""


@contextmanager
def running(source: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process of its own that runs the source in the checkout, killed at the end of the block."""
    process = subprocess.Popen([sys.executable, "-c", source, *map(str, arguments)], cwd=ROOT, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def heard(process: subprocess.Popen[str], word: str) -> None:
    """Returns when the process has printed the word on a line of its own."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line == word, f"it said {line!r}"


def end(process: subprocess.Popen[str]) -> int:
    """Closes what the process reads from, and gives its exit status."""
    assert process.stdin is not None
    process.stdin.close()
    return process.wait(60)


def eventually(fact: Callable[[], object], seconds: float = 60.0) -> bool:
    """Whether the fact comes true within the time."""
    until = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def lives(pid: int) -> bool:
    """Whether there is a process with this id that has not ended."""
    return bool(command_of(pid))


def remove(folder: Path, seconds: float = 10.0) -> None:
    """Removes a folder; a server that ends just now may still write a last file into it."""
    until = time.monotonic() + seconds
    while True:
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
