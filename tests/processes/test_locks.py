import fcntl
import os

import pytest

from processes.errors import CannotStart
from processes.locks import SharedHold, exclusive, is_held, open_lock, try_lock
from tests import programs

HOLD = """
import sys
from pathlib import Path
from processes.locks import SharedHold
share = SharedHold(Path(sys.argv[1]))
share.take()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_last_share_knows_that_it_is_the_last(tmp_path):
    one, other = SharedHold(tmp_path / "users"), SharedHold(tmp_path / "users")
    one.take()
    other.take()
    assert not one.release()
    assert other.release()
    assert not other.release(), "given up twice"


def test_a_killed_holder_holds_nothing(tmp_path):
    with programs.running(HOLD, tmp_path / "users") as holder:
        programs.heard(holder, "held")
        assert is_shared(tmp_path / "users")
    assert not is_shared(tmp_path / "users")


def test_a_forked_child_cannot_give_up_its_parents_share(tmp_path):
    share = SharedHold(tmp_path / "users")
    share.take()
    child = os.fork()
    if child == 0:
        os._exit(1 if share.held or share.release() else 0)
    assert os.waitpid(child, 0)[1] == 0
    assert is_shared(tmp_path / "users")
    assert share.release()


def is_shared(path):
    descriptor = open_lock(path)
    try:
        return not try_lock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def test_who_waits_too_long_is_told_what_to_do(tmp_path):
    refused = pytest.raises(CannotStart, match="end it and try again")
    with exclusive(tmp_path / "start", 1), refused, exclusive(tmp_path / "start", 0.05):
        pass
    with exclusive(tmp_path / "start", 0.05):
        assert is_held(tmp_path / "start")
    assert not is_held(tmp_path / "start")


def test_a_lock_file_is_never_a_link_to_somewhere_else(tmp_path):
    (tmp_path / "victim").write_text("untouched")
    (tmp_path / "users").symlink_to(tmp_path / "victim")
    with pytest.raises(CannotStart):
        SharedHold(tmp_path / "users").take()
