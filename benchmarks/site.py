"""A site of its own folder, started as anybody starts one, and the commands that fill it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.processes import Ran, run

INSITU = [sys.executable, "-m", "insitu"]
_START_SECONDS = 120


def command(folder: Path, *words: str) -> Ran:
    """One `insitu` command on the site of this folder, run to its end and watched."""
    return run([*INSITU, *words, "--data-dir", str(folder)], site=folder)


def add_dataset(folder: Path, name: str) -> None:
    """A dataset whose every answer is open, so that nothing but speed is measured."""
    command(folder, "dataset", "add", name, "--assembly", "GRCh37", "--anonymous", "record")


def load(folder: Path, file: Path, dataset: str, workers: int) -> tuple[Ran, dict[str, Any]]:
    """A file loaded into a dataset: how the command went, and its report."""
    words = ["load", "vcf", str(file), "--dataset", dataset, "--workers", str(workers), "--json"]
    ran = command(folder, *words)
    return ran, json.loads(ran.output[ran.output.index("{") :])


@contextmanager
def running(
    folder: Path, processes: int, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, int]]:
    """The site's address while it runs with so many web processes, and these settings."""
    port = free_port()
    words = ["site", "--port", str(port), "--processes", str(processes), "--data-dir", str(folder)]
    quiet = {**os.environ, "INSITU_WORKERS": "1", **settings}
    with (folder / "site.log").open("wb") as log:
        child = subprocess.Popen([*INSITU, *words], stdout=log, stderr=log, env=quiet)
        try:
            _wait_until_ready(child, port, folder / "site.log")
            yield "127.0.0.1", port
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(60)


@contextmanager
def bare(factory: str, url: str, folder: Path) -> Iterator[tuple[str, int]]:
    """The address of an app that `factory` makes of a database and a folder, served by two processes."""
    port = free_port()
    program = (
        "import sys; from serving.running import run; from serving.settings import ServingSettings; "
        "run(sys.argv[4], ServingSettings(port=int(sys.argv[1]), processes=2), "
        "arguments={'url': sys.argv[2], 'folder': sys.argv[3]}, "
        "on_ready=lambda _: print('ready', flush=True))"
    )
    words = [sys.executable, "-c", program, str(port), url, str(folder), factory]
    child = subprocess.Popen(words, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for
        child.stdout.readline()
        yield "127.0.0.1", port
    finally:
        child.terminate()
        child.wait(30)


def _wait_until_ready(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if child.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the site did not start: {log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
