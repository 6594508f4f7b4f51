"""Becomes another program: as another account, with a lock held, detached or tied to its parent, as ordered.

Run by `processes.launching` as a script of its own (`python -I -S unprivileged.py ORDER`, standard library
only), so that nothing has to run between fork and exec inside a big threaded process. Prints one JSON line:
`{"pid": n}`, or `{"error": "..."}` and exits 126. When the order is not detached, nothing is printed unless
it fails.
"""

import ctypes
import errno
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NOT_EXECUTED = 126  # the exit status of an order that could not be carried out
HELD = "another server holds the lock"

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT = 1, 28, 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_READ_SEARCH = 2
# access(2) looks at capabilities only under this bit, and PostgreSQL asks access(2) about its own binary.
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522


def main(order: dict[str, Any]) -> None:
    """Carries out the order; returns only in the parent of a detached program."""
    if order.get("detach"):
        _detach(order)
    else:
        _become(order)


def _detach(order: dict[str, Any]) -> None:
    """Forks the program into a session of its own and reports when it has really been executed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            os.setsid()
            os.umask(0o077)
            os.chdir("/")
            _redirect(order["log"])
            _become(order)
        except BaseException as error:  # noqa: BLE001  (the only way out of a forked child)
            os.write(writer, str(error).encode() or b"failed")
        os._exit(NOT_EXECUTED)
    os.close(writer)
    with os.fdopen(reader) as messages:
        complaint = messages.read()  # ends at exec, which closes the other end
    print(json.dumps({"error": complaint} if complaint else {"pid": child}), flush=True)  # noqa: T201
    sys.exit(NOT_EXECUTED if complaint else 0)


def _become(order: dict[str, Any]) -> None:
    if order.get("lock"):
        _hold(order["lock"])
    if order.get("starter") and os.getppid() != order["starter"]:
        os._exit(NOT_EXECUTED)  # killed meanwhile; from here on the lock tells the next one to wait for us
    if order.get("record"):
        _write_record(order)
    if order.get("uid") is not None:
        drop(order["uid"], order["gid"], order["name"], order.get("needs", []))
    if order.get("parent"):  # last: changing account makes the kernel forget it
        follow(order["parent"])
    os.execv(order["command"][0], order["command"])  # noqa: S606


def follow(parent: int) -> None:
    """Has the kernel send SIGTERM to this process when its parent ends, where the kernel can (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(0)


def _open(path: str, flags: int) -> int:
    """Opens a file of the folder, never through a link, and owned by whoever owns the folder."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = Path(path).parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def _redirect(log: str) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    out = _open(log, os.O_WRONLY | os.O_APPEND)
    for target, source in ((0, null), (1, out), (2, out)):
        os.dup2(source, target)


def _hold(path: str) -> None:
    """Locks the file for as long as the program or any child of it lives: the descriptor is inherited."""
    descriptor = _open(path, os.O_RDWR)
    for _ in range(100):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # for a moment, by somebody who only looks whether it is held
            time.sleep(0.02)
        else:
            os.set_inheritable(descriptor, True)
            return
    raise BlockingIOError(HELD)


def _write_record(order: dict[str, Any]) -> None:
    fresh = order["record"] + ".new"
    with open(_open(fresh, os.O_WRONLY | os.O_TRUNC), "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), **order.get("remember", {})}, file)
    Path(fresh).replace(order["record"])


def drop(uid: int, gid: int, name: str, needs: Sequence[str]) -> None:
    """Becomes the account for good.

    Where a parent folder of a path in `needs` is closed to the account, the one capability to pass through
    folders and read is kept (CAP_DAC_READ_SEARCH, Linux), so that no mode of any folder has to change.
    """
    closed = not _reachable(uid, gid, needs)
    try:
        if closed:
            _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
        if closed:
            _keep_only(CAP_DAC_READ_SEARCH)
    except OSError as error:
        raise PermissionError(
            f"account {name} cannot reach {' or '.join(needs)}; choose a --data-dir that it can reach, and "
            "install outside /root, or start as an ordinary user" if closed else
            f"root may not become {name} here ({error.strerror}); start as an ordinary user") from error


def _reachable(uid: int, gid: int, needs: Sequence[str]) -> bool:
    """Tells whether the account can get at every path, by trying as that account in a child."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([gid])
            os.setgid(gid)
            os.setuid(uid)
            os._exit(0 if all(os.access(path, os.X_OK) for path in needs) else 1)
        except BaseException:  # noqa: BLE001
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _keep_only(capability: int) -> None:
    """Gives up every capability but one, which the executed program inherits as ambient."""
    mask = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(mask, mask, mask)  # effective, permitted, inheritable; the high words are 0
    if ctypes.CDLL(None, use_errno=True).capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, *arguments: int) -> None:
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    longs = [ctypes.c_ulong(value) for value in (*arguments, *[0] * (4 - len(arguments)))]
    if ctypes.CDLL(None, use_errno=True).prctl(option, *longs) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except OSError as problem:
        print(json.dumps({"error": str(problem)}), flush=True)  # noqa: T201
        sys.exit(NOT_EXECUTED)
