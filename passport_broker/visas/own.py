"""This broker as the clearinghouse of its own site sees it (`governance.passport.own.OwnBroker`)."""

from collections.abc import Callable, Sequence

from governance.caller import Visa
from passport_broker.visas.lifetimes import Lifetimes
from passport_broker.visas.looking import Revocations
from passport_broker.visas.service import Visas

_ANEW_MOST = 30  # seconds: what is granted is seen that soon, also with a token that was seen before


class OwnSite:
    """Visas without HTTP, and what was revoked without waiting for their end.

    `honoured` says whether this broker still stands by an access token of its own.
    """

    def __init__(
        self,
        visas: Visas,
        revocations: Revocations,
        honoured: Callable[[str], bool],
        lifetimes: Lifetimes | None = None,
    ) -> None:
        self._visas = visas
        self._revocations = revocations
        self._honoured = honoured
        self._anew = float(min((lifetimes or Lifetimes()).left, _ANEW_MOST))

    @property
    def issuer(self) -> str:
        """The issuer of its tokens and visas."""
        return self._revocations.issuer

    @property
    def anew(self) -> float:
        """Seconds after which a token is looked into again: before the visas given for it end."""
        return self._anew

    def visas(self, token: str, subject: str) -> Sequence[str] | None:
        """The visas of that account; None where the token is revoked."""
        return self._visas.of(subject) if self._honoured(token) else None

    def revoked(self, visa: Visa) -> bool:
        """Whether a verified visa is one of this broker's that it has revoked."""
        return self._revocations(visa)
