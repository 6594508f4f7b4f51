"""Why governance says no.

What is refused because of policy is no error: it is a decision that gives nothing.
"""

from serving.reasons import Conflict, Invalid, Missing, Refused, Unauthenticated


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


class WhoAreYou(Unauthenticated):
    """What is asked for is for known callers."""

    def __init__(self) -> None:
        super().__init__("Say who you are: log in, or send an access token of a broker this site trusts.")


class NotForYou(Refused):
    """The rules of the site do not let this caller do that."""

    def __init__(self) -> None:
        super().__init__("The rules of this site do not let you do that.")


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


def shown(text: str, longest: int = 64) -> str:
    """A text of somebody else's, fit for a message: short and printable."""
    clean = "".join(each if each.isprintable() else "?" for each in text[:longest])
    return clean if len(text) <= longest else f"{clean}..."
