"""Why an account is not made, linked or unlinked."""

from governance.errors import shown
from passport_broker.domain.persons import IDENTITIES_MOST, Proof
from serving.reasons import Conflict, Missing, Refused


class NotInvited(Refused):
    """Somebody is who they say, and nobody has invited them."""

    def __init__(self, proof: Proof, name: str) -> None:
        super().__init__(
            f"Only who was invited gets in with {name}. Tell the people of this site who you are there: "
            f"{shown(proof.identity.subject, 255)} of {shown(proof.identity.issuer, 255)}."
        )
        self.rule = "not-invited"


class AccountClosed(Refused):
    """The account is disabled."""

    def __init__(self) -> None:
        super().__init__("This account is closed. Ask the people of this site why.")
        self.rule = "closed"


class AlreadyLinked(Conflict):
    """Both count as one already."""

    def __init__(self) -> None:
        super().__init__("That is linked with this account already.")


class IdentityTaken(Conflict):
    """Somebody has an account by that identity."""

    def __init__(self, provider: str, subject: str) -> None:
        super().__init__(f"{shown(subject)} of {provider} logs in to another account already.")


class TooManyLinked(Conflict):
    """More than the visas could name."""

    def __init__(self) -> None:
        super().__init__(f"One person has {IDENTITIES_MOST} accounts and identities here at most.")


class LastWay(Conflict):
    """Without it nobody could log in to the account."""

    def __init__(self) -> None:
        super().__init__("That is the only way to log in to this account: link another one first.")


class NotLinked(Missing):
    """There is no such link."""

    def __init__(self) -> None:
        super().__init__("That is not linked with this account, or not any more.")
