"""How a command ends: its exit code, and one line for the person at the keyboard."""

from enum import IntEnum
from typing import TYPE_CHECKING

from serving.reasons import Reason, Unavailable

if TYPE_CHECKING:
    from pydantic import ValidationError


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNAVAILABLE = 4
    NOT_WHOLE = 5
    INTERRUPTED = 130


MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "something unexpected; the line names what, INSITU_DEBUG=1 shows where",
    Exit.USAGE: "the command, an option or a setting is misspelt or out of range",
    Exit.REFUSED: "understood and not done: no such dataset, a file that does not fit or is corrupt",
    Exit.UNAVAILABLE: "something the site needs is missing: port, disk space, database, broker, permission",
    Exit.NOT_WHOLE: "the audit trail is not whole: rows were changed, taken out, put in or moved",
    Exit.INTERRUPTED: "stopped by Ctrl-C or SIGTERM before it was done",
}


class Stop(Exception):  # noqa: N818  (reads as what happened)
    """A command cannot go on; `public` says why and what to do, in one line."""

    def __init__(self, public: str, code: Exit = Exit.UNAVAILABLE) -> None:
        super().__init__(public)
        self.public = public
        self.code = code


def ending(error: BaseException) -> tuple[Exit, str] | None:
    """The exit code and the line for an error that was foreseen; None for one that was not."""
    if isinstance(error, Stop):
        return error.code, error.public
    if isinstance(error, KeyboardInterrupt):
        return Exit.INTERRUPTED, "interrupted"
    public = getattr(error, "public", None)
    if isinstance(public, str):
        refused = isinstance(error, Reason) and not isinstance(error, Unavailable)
        return (Exit.REFUSED if refused else Exit.UNAVAILABLE), public
    if isinstance(error, OSError):
        return Exit.UNAVAILABLE, _system(error)
    return _settings_ending(error)


def _settings_ending(error: BaseException) -> tuple[Exit, str] | None:
    from pydantic import ValidationError  # noqa: PLC0415  (slow to import; most commands end well)

    return (Exit.USAGE, _setting(error)) if isinstance(error, ValidationError) else None


def _setting(error: "ValidationError") -> str:
    """The first setting that does not fit, under the name it is set by."""
    from pydantic_settings import BaseSettings  # noqa: PLC0415

    first = error.errors(include_url=False, include_input=False)[0]
    prefixes = {each.__name__: str(each.model_config["env_prefix"]) for each in BaseSettings.__subclasses__()}
    name = prefixes.get(error.title, "") + "_".join(str(each) for each in first["loc"]).upper()
    return f"setting {name}: {first['msg']}; see docs/settings.md"


def _system(error: OSError) -> str:
    what = error.strerror or type(error).__name__
    return f"{error.filename}: {what}" if error.filename else what
