"""Why a visa cannot be issued, shown or revoked."""

from governance.errors import shown
from serving.reasons import Conflict, Invalid, Missing, Refused


class VisaInvalid(Invalid):
    """What is to be asserted is nothing that a visa may say."""


class VisaUnknown(Missing):
    """There is no visa of that id."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"There is no visa {shown(identifier)}.")


class VisaRevoked(Conflict):
    """A visa is revoked once."""

    def __init__(self, identifier: str) -> None:
        super().__init__(f"The visa {identifier} is revoked already.")


class TooManyVisas(Conflict):
    """Clearinghouses take so many visas in a passport and no more."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"This account has {most} visas that hold, as many as a passport carries: revoke one first."
        )


class AccountUnknown(Missing):
    """This broker has no account of that subject, or has closed it."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"There is no account {shown(subject)} here.")


class NotYourDataset(Refused):
    """A grant is made by who decides on the dataset."""

    def __init__(self) -> None:
        super().__init__("That visa opens a dataset on which you do not decide.")


class OpensNothing(Refused):
    """A grant of what is not there yet would open it on the day it is."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"No dataset here has the grant {shown(value)}, and no rule names it: a custodian does first "
            "(insitu dataset set ID --grant URL)."
        )


class LinksAreProven(Refused):
    """Nobody says of others that they are one person, nor that they are not."""

    def __init__(self) -> None:
        super().__init__(
            "Accounts are linked by who proves to hold both, on the page /passport/account, or by an "
            "operator with the command insitu visa."
        )


class NotForOneself(Refused):
    """Nobody asserts anything of themselves here."""

    def __init__(self) -> None:
        super().__init__("That account is yours: somebody else has to issue its visas.")
