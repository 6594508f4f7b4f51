"""Folders that only their owner can look into, and short ones for Unix sockets."""

import os
import stat
import tempfile
from pathlib import Path

from processes.accounts import Account
from processes.errors import CannotStart, explain

LONGEST_SOCKET_PATH = 100  # bytes; Linux takes 107 and macOS 103


def private_folder(path: Path, account: Account | None = None) -> Path:
    """Makes the folder (mode 0700) for the account, or checks the one that is there, and gives it back.

    Raises CannotStart when it is a link, somebody else's, or cannot be made.
    """
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        if account is not None and path.lstat().st_uid == 0:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        if stat.S_IMODE(path.lstat().st_mode) != 0o700 and not path.is_symlink():
            path.chmod(0o700)
    except OSError as error:
        raise explain(error, str(path)) from error
    if not is_private(path, account):
        raise CannotStart(f"{path} is not a folder of our own; remove it or choose another --data-dir")
    return path


def is_private(path: Path, account: Account | None = None) -> bool:
    """Tells whether the path is a real folder that nobody but the account (None: we) can look into."""
    try:
        found = path.lstat()
    except OSError:
        return False
    owner = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) & 0o077 == 0


def socket_folder(wanted: Path, name: str, account: Account | None, last: Path | None = None) -> Path:
    """Gives a private folder in which a socket called `name` has a path that the system takes.

    That is `wanted` where its path is short enough; else the one used `last`, when it is still ours alone;
    else a new one with a name nobody can guess or occupy in the temporary folder.
    """
    if len(os.fsencode(wanted / name)) <= LONGEST_SOCKET_PATH:
        return private_folder(wanted, account)
    if last is not None and is_private(last, account):
        return last
    try:
        return private_folder(Path(tempfile.mkdtemp(prefix="insitu-", dir=_short_temporary(name))), account)
    except OSError as error:
        raise explain(error, "a temporary folder for the socket") from error


def _short_temporary(name: str) -> str:
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108  (mkdtemp makes it safe)
        short = len(os.fsencode(f"{folder}/insitu-12345678/{name}")) <= LONGEST_SOCKET_PATH
        if short and os.access(folder, os.W_OK):
            return folder
    raise CannotStart("no folder for temporary files has a path short enough for a socket; set TMPDIR=/tmp")
