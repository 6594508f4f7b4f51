"""Why bytes cannot be had. What callers read names no place; `detail`, for operators and the log, does."""

from serving import reasons


class Missing(reasons.Missing):
    """There is no file at the place: none was, it was removed, or what is there is no plain file."""

    def __init__(self, detail: str) -> None:
        super().__init__("The bytes of this object are not where they were registered: tell the site.")
        self.detail = detail


class Changed(reasons.Conflict):
    """The file is not the one that was registered: its size or its mark differs, or it changes just now."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "The bytes of this object have changed since it was registered, and are not given: tell the site."
        )
        self.detail = detail


class Unreachable(reasons.Unavailable):
    """The store does not answer, or does not let this site in; another time it may."""

    def __init__(self, detail: str) -> None:
        super().__init__("The store that holds this object does not answer just now: try again in a moment.")
        self.detail = detail


class Unwalkable(reasons.Conflict):
    """A bucket holds a key that cannot be listed past; says what can be done. For operators."""


class Outside(reasons.Invalid):
    """What an operator named lies in none of the site's stores."""


class StoresInvalid(reasons.Invalid):
    """The file of stores cannot be used; says which store or field, and what to change."""
