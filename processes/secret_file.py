"""Generated passwords, each in a file that only its owner can read."""

import os
import secrets
from pathlib import Path

from processes.errors import explain
from processes.locks import give_to_folder_owner


def secret(path: Path) -> str:
    """Gives the password in the file, generated at the first call; the file has mode 0600.

    Raises CannotStart when the file cannot be read or made.
    """
    try:
        if not path.exists():
            _write(path, secrets.token_urlsafe(32))
        return path.read_text().strip()
    except OSError as error:
        raise explain(error, str(path)) from error


def _write(path: Path, value: str) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        give_to_folder_owner(file.fileno(), path.parent)
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
