"""The account a server runs as when we ourselves were started as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from processes.errors import CannotStart

PREFERRED = ("insitu", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int


def account_for(folder: Path, wanted: str | None) -> Account | None:
    """Gives the account to run a server as, or None to run it as who we are.

    Only root changes account: to the owner of an existing `folder` that is not root's, else to `wanted`, else
    to the first of `PREFERRED` that this machine has. Raises CannotStart when there is none, or when we are
    not root and the folder is somebody else's.
    """
    owner = folder.stat().st_uid if folder.exists() else None
    if os.geteuid() != 0:
        _refuse_strangers(folder, owner)
        return None
    if owner:
        return _by_uid(folder, owner)
    for name in (wanted,) if wanted else PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    names = wanted or ", ".join(PREFERRED)
    raise CannotStart(f"started as root, and this machine has no account {names} to run the servers as; "
                      "make one (useradd --system insitu) or start as an ordinary user")


def _refuse_strangers(folder: Path, owner: int | None) -> None:
    if owner is not None and owner != os.geteuid():
        raise CannotStart(f"{folder} belongs to {_name(owner)}; start as that user "
                          "or choose another --data-dir")


def _by_uid(folder: Path, uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise CannotStart(f"{folder} belongs to user id {uid}, which has no account here; "
                          "chown it to an account of this machine or choose another --data-dir") from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _name(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user id {uid}"
