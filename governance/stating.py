"""Files in which people state something (TOML): read and checked as a whole, with words for what is wrong."""

import stat
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from serving.reasons import Invalid

SECRET_LONGEST = 1000  # bytes

Stated = TypeVar("Stated", bound=BaseModel)


def stated_in(path: Path, problem: type[Invalid]) -> dict[str, Any]:
    """What the file says, not yet checked.

    Raises:
        Invalid: of the kind `problem`: it is no TOML; says which line.
        FileNotFoundError: there is no such file.
    """
    raw = path.read_bytes()
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise problem(f"{path}: {error}") from error


def checked(path: Path, model: type[Stated], stated: dict[str, Any], problem: type[Invalid]) -> Stated:
    """What the file says, as the model has it.

    Raises:
        Invalid: of the kind `problem`: it does not fit; says which field, and what to change.
    """
    try:
        return model.model_validate(stated)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise problem(f"{path}: {_place(first['loc'])}{_message(first)}") from error


def secret_path(path: Path, named: str) -> Path:
    """Where a secret lies: beside the file that names it, unless its name is a whole path."""
    return path.parent / named


def secret_in(path: Path, named: str) -> str:
    """The secret that a file names; nobody but its owner may be able to read it.

    Raises:
        ValueError: it cannot be read, others can read it, or it is none; says which.
    """
    place = secret_path(path, named)
    try:
        with place.open("rb") as file:
            if stat.S_IMODE(place.stat().st_mode) & 0o077:
                raise ValueError(f"{place} can be read by others: chmod 600 {place}")
            secret = file.read(SECRET_LONGEST + 1).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{place} cannot be read") from error
    if not secret or len(secret) > SECRET_LONGEST:
        raise ValueError(f"{place} must hold 1 to {SECRET_LONGEST} characters")
    return secret


def _place(location: tuple[str | int, ...]) -> str:
    """`broker 2: jku: `, counted as a reader counts."""
    words: list[str] = []
    for each in location:
        if isinstance(each, int) and words:
            words[-1] += f" {each + 1}"
        elif each != "[key]":
            words.append(str(each))
    return "".join(f"{each}: " for each in words)


def _message(error: Any) -> str:
    plain = {
        "extra_forbidden": "there is no such field here",
        "missing": "must be given",
        "tuple_type": "must be a list",
        "dict_type": "must be a table",
        "model_type": "must be a table",
        "too_short": "must not be empty",
    }
    if error["type"] in plain:
        return plain[error["type"]]
    return str(error["msg"]).removeprefix("Value error, ")
