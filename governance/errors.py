"""Why governance says no.

What is refused because of policy is no error: it is a decision that gives nothing.
"""

from serving.reasons import Conflict, Invalid, Missing


class DatasetUnknown(Missing):
    """No dataset of that id is registered."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"There is no dataset {shown(identifier)}.")


class DatasetExists(Conflict):
    """A dataset of that id is registered already."""

    def __init__(self, identifier: str) -> None:
        super().__init__(
            f"There is a dataset {identifier} already: change it, remove it, or choose another id."
        )


class DatasetInvalid(Invalid):
    """What was said of a dataset cannot be registered."""


def shown(text: str) -> str:
    """A text of somebody else's, fit for a message: short and printable."""
    clean = "".join(each if each.isprintable() else "?" for each in text[:64])
    return clean if len(text) <= 64 else f"{clean}..."
