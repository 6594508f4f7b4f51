"""The child's side of ending with its parent."""

import contextlib
import os
import signal
import threading
import time

LIFELINE = "INSITU_LIFELINE"  # names the descriptor of a pipe whose other end only the parent holds


def follow_parent(*, grace_seconds: float = 15.0) -> bool:
    """Has this process end when its parent does, and says whether there is a parent to follow.

    A thread waits for the parent's end of the pipe to close. It then sends this process SIGTERM, so that its
    own handlers can finish what they do, and SIGKILL when it is still there after `grace_seconds`.
    """
    descriptor = os.environ.pop(LIFELINE, "")  # not for children of ours: they follow us
    if not descriptor.isdigit():
        return False
    try:
        os.set_inheritable(int(descriptor), False)
    except OSError:  # the variable was inherited without the pipe
        return False
    watching = (int(descriptor), grace_seconds)
    threading.Thread(target=_watch, args=watching, name="lifeline", daemon=True).start()
    return True


def _watch(descriptor: int, grace_seconds: float) -> None:
    with contextlib.suppress(OSError):
        os.read(descriptor, 1)  # nobody writes: it returns when the parent is gone
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_seconds)
    os.kill(os.getpid(), signal.SIGKILL)
