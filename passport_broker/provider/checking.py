"""Access tokens that come back to us: ours, still holding, and of which family."""

from dataclasses import dataclass
from typing import Any

from passport_broker.domain import scopes
from passport_broker.domain.families import Family
from passport_broker.provider.minting import ACCESS_TYPE
from passport_broker.provider.parts import Ground
from passport_broker.signing.keys import NotOurs
from passport_broker.store import families


@dataclass(frozen=True, slots=True)
class Held:
    """An access token that holds at this moment."""

    claims: dict[str, Any]
    family: Family

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it is good for."""
        return scopes.words(self.claims["scope"])

    @property
    def audiences(self) -> frozenset[str]:
        """Whom it is for."""
        named = self.claims["aud"]
        return frozenset([named] if isinstance(named, str) else named)

    def concerns(self, names: frozenset[str]) -> bool:
        """Whether it was issued to a client of these names, or is for it."""
        return self.claims["client_id"] in names or bool(self.audiences & names)


def held(parts: Ground, token: str) -> Held | None:
    """The access token; None where it is not ours, over, or taken back (its person's account included)."""
    try:
        claims = parts.signing.verify(token, ACCESS_TYPE)
    except NotOurs:
        return None
    if claims["exp"] <= parts.now():
        return None
    family = families.live(parts.database, claims)
    return None if family is None else Held(claims, family)
