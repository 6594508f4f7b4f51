import os
import signal
import sys

import pytest

from processes.children import Children
from processes.errors import CannotStart
from tests import programs

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = ("import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            "open(sys.argv[1], 'w').close(); time.sleep(600)")
FOLLOWER = "from processes.following import follow_parent; follow_parent(); import time; time.sleep(600)"

PARENT = """
import sys, threading, time
from processes.children import Children
children = Children()
def start():
    print(children.start("one", [sys.executable, "-c", sys.argv[1]]), flush=True)
if sys.argv[2] == "thread":
    threading.Thread(target=start).start()
else:
    start()
time.sleep(600)
"""


@pytest.mark.parametrize(("where", "source"), [("main", SLEEPER), ("thread", FOLLOWER)])
def test_children_end_when_their_parent_is_killed(where, source):
    if where == "main" and not sys.platform.startswith("linux"):
        pytest.skip("only the kernel of Linux tells a child that does not ask")
    with programs.running(PARENT, source, where) as parent:
        child = int(parent.stdout.readline())
        assert programs.lives(child)
        parent.kill()
        assert programs.eventually(lambda: not programs.lives(child))


def test_stop_kills_the_child_that_does_not_listen(tmp_path):
    with Children(grace_seconds=0.3) as children:
        deaf = children.start("deaf", [sys.executable, "-c", STUBBORN, str(tmp_path / "deaf")])
        polite = children.start("polite", [sys.executable, "-c", SLEEPER])
        assert programs.eventually((tmp_path / "deaf").exists)
        children.stop()
        assert not programs.lives(deaf)
        assert not programs.lives(polite)
        assert children.pids == {}


def test_a_child_that_ends_by_itself_is_reported_once_and_can_be_started_again():
    with Children() as children:
        pid = children.start("short", [sys.executable, "-c", "raise SystemExit(7)"])
        ended = []
        assert programs.eventually(lambda: ended.extend(children.poll()) or ended)
        assert [(one.name, one.pid, one.status) for one in ended] == [("short", pid, 7)]
        assert children.poll() == []
        assert children.start("short", [sys.executable, "-c", SLEEPER]) != pid


def test_ctrl_c_at_the_terminal_reaches_only_the_parent():
    with Children() as children:
        child = children.start("one", [sys.executable, "-c", SLEEPER])
        assert programs.eventually(lambda: os.getpgid(child) == child)


def test_a_command_that_is_no_program_is_refused_in_one_line(tmp_path):
    with Children() as children, pytest.raises(CannotStart, match="is not a program") as refusal:
        children.start("nothing", [str(tmp_path / "nothing")])
    assert "\n" not in refusal.value.public


def test_a_child_gets_the_descriptors_and_the_environment_it_was_promised():
    reader, writer = os.pipe()
    source = "import os; os.write(int(os.environ['WHERE']), os.environ['WHAT'].encode())"
    with Children() as children:
        children.start("writer", [sys.executable, "-c", source], pass_fds=[writer],
                       environment={"WHERE": str(writer), "WHAT": "hello"})
        assert os.read(reader, 10) == b"hello"
    os.close(reader)
    os.close(writer)


def test_a_child_keeps_its_status_when_it_dies_of_a_signal():
    with Children() as children:
        pid = children.start("one", [sys.executable, "-c", SLEEPER])
        os.kill(pid, signal.SIGKILL)
        ended = []
        assert programs.eventually(lambda: ended.extend(children.poll()) or ended)
        assert ended[0].status == -signal.SIGKILL
