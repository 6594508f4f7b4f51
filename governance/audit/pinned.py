"""What is known of the trail outside the tables: rows that it has to hold, and how many checkpoints."""

from dataclasses import dataclass, field

from governance.audit.chain import Head


@dataclass(frozen=True, slots=True)
class Pin:
    """A row that somebody else knows: its number and hash, and who. `own`: this machine's data folder."""

    head: Head
    name: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Outside:
    """All that is known outside. `head` is what the site's own file says, None where it says nothing.

    `signed` has number and digest of the newest checkpoint. `sealed`: seals are verified under `secret`.
    """

    head: Head | None = None
    signed: Head | None = None
    pins: tuple[Pin, ...] = ()
    secret: bytes | None = field(default=None, repr=False)
