"""Why a call cannot be answered: the kinds of reason every room derives its own from.

A reason carries a sentence for the caller and nothing of HTTP; `serving` maps each kind to a status in one
table and each standard's `wire` gives it the standard's body.

    Reason
    ├── Invalid         the caller can mend the call
    ├── TooLarge        the call is larger than this site takes
    ├── Unauthenticated we do not know who is asking, and must
    │   └── TokenInvalid  a token was sent and does not hold
    ├── Refused         we know, and they may not
    ├── Missing         there is no such thing (or none this caller may know of)
    ├── NotAllowed      the thing exists, this method does not
    ├── Conflict        the state of the site forbids it now
    └── Unavailable     a part of the site is down or busy; try again
"""

from collections.abc import Mapping
from typing import Any


class Reason(Exception):  # noqa: N818 - reads as what it is
    """A reason with a public sentence that says what to change; never its cause, SQL, paths or secrets.

    `details` says the same to programs: members that are added to the standard's error body.
    """

    def __init__(self, public: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(public)
        self.public = public
        self.details = details or {}


class Invalid(Reason):
    """The caller can mend the call."""


class TooLarge(Reason):
    """The call is larger than this site takes."""


class Unauthenticated(Reason):
    """Nobody known is asking: no token where one is needed, or one that does not hold."""


class TokenInvalid(Unauthenticated):
    """A token was sent and does not hold."""


class Refused(Reason):
    """The caller is known and may not."""


class Missing(Reason):
    """There is no such thing, or none that this caller may know of."""


class NotAllowed(Reason):
    """The thing exists and does not take this method."""


class Conflict(Reason):
    """The state of the site forbids the call now."""


class Unavailable(Reason):
    """A part of the site is down or busy; the same call may succeed later."""
