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


class RoleUnknown(Missing):
    """An account does not have a role."""

    def __init__(self, role: str, issuer: str, subject: str) -> None:
        super().__init__(f"{shown(subject)} of {shown(issuer)} is not {role}: see insitu role list.")


class RoleInvalid(Invalid):
    """An account cannot be named like that."""

    def __init__(self, what: str, text: str) -> None:
        super().__init__(
            f"{shown(text) or 'An empty text'} cannot be the {what} of an account: give 1 to 255 printable "
            "characters, exactly as its tokens have them (iss and sub)."
        )


def shown(text: str) -> str:
    """A text of somebody else's, fit for a message: short and printable."""
    clean = "".join(each if each.isprintable() else "?" for each in text[:64])
    return clean if len(text) <= 64 else f"{clean}..."
