"""The data folder: everything a site keeps lies in it, and nobody but its owner looks into it."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from insitu.exits import Stop

MEGABYTE = 1_000_000
OURS = {
    "logs", "postgres", "valkey", "demonstration", "demonstration.draft", "demonstration.lock", "lost+found",
}  # fmt: skip
"""What may lie in a folder that is ours alone; the last is what a new disk brings along."""


def open_folder(path: Path, free_megabytes: int = 0) -> Path:
    """The absolute path of the data folder, made (mode 0700) where it is missing.

    Raises:
        Stop: it cannot be made or written to, is not ours, or its disk has less than `free_megabytes`.
    """
    path = _whole(path)
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        _close_to_others(path)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"\0" * 4096)
    except OSError as error:
        raise Stop(f"the data folder {path} cannot be used ({error.strerror}): {_remedy(path)}") from error
    free = shutil.disk_usage(path).free
    if free < free_megabytes * MEGABYTE:
        raise Stop(
            f"only {free // MEGABYTE} MB are free on the disk of {path}, a site needs {free_megabytes} MB: "
            "free some space or choose another folder with --data-dir"
        )
    return path


def _whole(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:  # an account without a home, as containers have them, or a name that is nobody's
        raise Stop(f"there is no home for {path}: name a folder with --data-dir") from None


def _close_to_others(path: Path) -> None:
    found = path.stat()
    if found.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        raise Stop(f"the data folder {path} belongs to another user: choose one of your own with --data-dir")
    if found.st_mode & stat.S_ISVTX or (found.st_mode & stat.S_IWOTH and found.st_uid != os.geteuid()):
        raise Stop(f"the folder {path} is everybody's: choose one of your own with --data-dir")
    if stat.S_IMODE(found.st_mode) & 0o077 and found.st_uid == os.geteuid():
        others = sorted({each.name for each in path.iterdir()} - OURS)
        if others:  # what is in use for something else is not closed behind its users' backs
            raise Stop(
                f"others may look into the folder {path}, and {others[0]} in it is not ours: "
                f"choose a new one with --data-dir, or run chmod 700 {path}"
            )
        path.chmod(0o700)


def _remedy(path: Path) -> str:
    if path.exists() and not path.is_dir():
        return "it is a file; choose a folder with --data-dir"
    return "choose another with --data-dir or INSITU_DATA_DIR"
