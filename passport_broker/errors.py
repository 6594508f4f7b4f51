"""What the broker turns down, in words for people."""

from serving.reasons import Conflict, Invalid, Missing, Refused


class AccountInvalid(Invalid):
    """An account cannot be made so; says what to change."""


class AccountTaken(Conflict):
    """There is an account of that login already."""

    def __init__(self, login: str) -> None:
        super().__init__(f"there is an account {login!r} already")


class AccountUnknown(Missing):
    """There is no such account."""

    def __init__(self, named: str) -> None:
        super().__init__(f"there is no account {named!r}: `insitu account list` shows those there are")


class ClientInvalid(Invalid):
    """A client cannot be registered so; says what to change."""


class ClientTaken(Conflict):
    """There is a client of that id already."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"there is a client {identifier!r} already")


class ClientUnknown(Missing):
    """There is no such client."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"there is no client {identifier!r}: `insitu client list` shows those there are")


class ScopeMissing(Refused):
    """A person may have the right to this; they have not let this program make use of it."""

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"the access token has not the scope {scope}, which its person has to allow: ask for it when "
            f"they log in (insitu login --also {scope})"
        )
