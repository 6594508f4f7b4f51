"""Why there is no ticket. Three reasons of one status are told apart by the standard's own names (Errors)."""

from serving.reasons import Conflict, Invalid, Missing


def _named(error: str, public: str) -> dict[str, dict[str, str]]:
    return {"htsget": {"error": error, "message": public}}


class InvalidInput(Invalid):
    """The request is not as the standard describes it."""


class InvalidRange(Invalid):
    """The range asked for cannot be had."""

    def __init__(self, public: str) -> None:
        super().__init__(public, _named("InvalidRange", public))


class UnsupportedFormat(Invalid):
    """The object is not in the format asked for: nothing is transcoded."""

    def __init__(self, public: str) -> None:
        super().__init__(public, _named("UnsupportedFormat", public))


class NoSuchReference(Missing):
    """The object has no reference sequence of that name."""


class Damaged(Conflict):
    """The object or its index cannot be read, or they do not belong together. `detail` is for the log."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "This object or its index is damaged, or the index is that of another file: tell the site. "
            "The whole object can still be fetched through DRS."
        )
        self.detail = detail
