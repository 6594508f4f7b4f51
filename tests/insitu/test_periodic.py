"""What a running site does now and then."""

import logging
import sys
from pathlib import Path

import pytest

from insitu.periodic import Periodic
from processes.children import Children, Ended


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ended(children: Children) -> list[Ended]:
    found: list[Ended] = []
    while children.pids:
        found += children.poll()
    return found


def test_it_is_done_in_time_and_not_twice_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    out, gate = tmp_path / "out", tmp_path / "gate"
    program = (
        "import os, pathlib, sys, time\n"
        "open(sys.argv[1], 'a').write(os.environ['WHICH'])\n"
        "while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)\n"
        "sys.exit(3)\n"
    )
    command, clock = [sys.executable, "-c", program, str(out), str(gate)], Clock()
    with Children() as children:
        made = Periodic(children, "daily", command, {"WHICH": "x"}, first=60, every=3600, clock=clock)
        clock.now = 59
        made.tend([])
        assert children.pids == {}
        clock.now = 60
        made.tend([])
        assert list(children.pids) == ["daily"]
        clock.now = 3700  # it still runs: it is not started beside itself
        made.tend(children.poll())
        gate.write_text("")
        with caplog.at_level(logging.WARNING, "insitu.site"):
            made.tend(ended(children))
        assert "daily ended with status 3" in caplog.text
        assert (children.pids, out.read_text()) == ({}, "x")
        clock.now = 7300
        made.tend([])
        ended(children)
        assert out.read_text() == "xx"
        missing = Periodic(children, "gone", ["/nowhere/program"], {}, first=0, clock=clock)
        missing.tend([])
        assert "gone cannot be started now" in caplog.text
