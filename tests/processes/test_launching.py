import sys

import pytest

from processes.errors import CannotStart
from processes.launching import Program, run
from processes.locks import is_held
from tests import programs

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)", "very-secret"]


def test_a_program_that_takes_too_long_is_ended_and_a_reason_in_one_line(tmp_path):
    with pytest.raises(CannotStart, match="took longer than 1 seconds") as refusal:
        run(Program(SLEEPER, {}), lock=tmp_path / "lock", timeout_seconds=1)
    assert "very-secret" not in refusal.value.public
    assert programs.eventually(lambda: not is_held(tmp_path / "lock"))
