import subprocess
import sys

from processes.looking import command_of

SLEEP = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
BECOME = f"import os; os.execv({sys.executable!r}, {SLEEP!r})"


def test_what_is_becoming_another_program_is_not_taken_for_dead():
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-I", "-S", "-c", BECOME]) as process:
            seen = [command_of(process.pid) for _ in range(300)]
            process.kill()
        assert [] not in seen
        assert command_of(process.pid) == []


def test_what_only_waits_for_its_parent_has_ended():
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", "pass"], stdout=subprocess.PIPE)
    assert process.stdout.read() == b""
    while command_of(process.pid):
        pass
    process.wait()
    process.stdout.close()
