"""Why an object is not told of, or not given. Each carries a sentence that says what to change."""

from serving.reasons import Conflict, Invalid, Missing, Refused, TooLarge, Unauthenticated


class NoSuchObject(Missing):
    """No object of that id, or none that this caller may know of: the same words for both."""

    def __init__(self) -> None:
        super().__init__("There is no such object, or none that you may know of.")


class NoSuchAccess(Missing):
    """The object cannot be had in that way."""

    def __init__(self) -> None:
        super().__init__("The object has no access method of that id: its access_methods list those it has.")


class AccessWanted(Unauthenticated):
    """Nobody knows who asks, and the object is not open to just anybody; `details` say what opens it."""


class AccessRefused(Refused):
    """Who asks may not have it; `details` say what would open it."""


class NotTheBytes(Conflict):
    """The bytes are not those that were registered."""

    def __init__(self) -> None:
        super().__init__(
            "The bytes of this object are gone or have changed since it was registered: they are not given."
        )


class InPreparation(Conflict):
    """The object's checksum is being made; it cannot be had in any other way yet."""

    def __init__(self) -> None:
        super().__init__("The object is being prepared: ask again in a moment.")


class KeyWanted(Invalid):
    """Re-encryption needs a key to encrypt to."""

    def __init__(self) -> None:
        super().__init__(
            "Send your Crypt4GH public key in the header Client-Public-Key: its 32 bytes in base64."
        )


class TooMany(TooLarge):
    """More in one request than this site answers."""


class LinkOver(Refused):
    """The URL is good no more, for what opened it has ended."""

    def __init__(self) -> None:
        super().__init__("What this URL was given for has ended: ask the object's access for a new one.")


class EntryInvalid(Invalid):
    """What was said of an object cannot be registered; says what to change."""


class EntryConflict(Conflict):
    """What was said of an object contradicts what is registered."""


class InUse(Conflict):
    """An object cannot be removed: a bundle holds it."""


class NotYours(Refused):
    """No such dataset or object, or none that this caller manages: the same words for both."""

    def __init__(self) -> None:
        super().__init__("There is no such thing that you may manage: custodians of its dataset may.")
