"""What can be seen of a process from outside: whether it lives, and the command it was started with."""

import subprocess
import time
from pathlib import Path

PROCESSES = Path("/proc/self").parent if Path("/proc/self/cmdline").exists() else Path("/nowhere")


def command_of(pid: int) -> list[str]:
    """Gives the command line of a living process; empty when there is none, or only its remains."""
    if PROCESSES.is_dir():
        return _command(PROCESSES / str(pid))
    said = subprocess.run(["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True,
                          errors="replace", check=False).stdout
    return said.split()


def _command(process: Path) -> list[str]:
    try:
        for _ in range(50):
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
            if words or _ended(process):
                return words
            time.sleep(0.01)  # it is becoming another program just now, and has no words for a moment
    except OSError:
        pass  # gone
    return []


def _ended(process: Path) -> bool:
    """Tells whether only the exit status is left, which waits for the parent."""
    return (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] in "ZX"
