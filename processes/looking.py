"""What can be seen of a process from outside: whether it lives, and the command it was started with."""

import subprocess
from pathlib import Path

PROCESSES = Path("/proc/self").parent if Path("/proc/self/cmdline").exists() else Path("/nowhere")


def command_of(pid: int) -> list[str]:
    """Gives the command line of a living process; empty when there is none, or only its remains."""
    if PROCESSES.is_dir():
        try:
            return (PROCESSES / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError:  # gone; of what only waits for its parent the command line is empty
            return []
    said = subprocess.run(["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True,
                          errors="replace", check=False).stdout
    return said.split()
