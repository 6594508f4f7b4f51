"""How long what is signed holds: that bounds for how long a revoked visa can be believed anywhere.

Nobody who was given a visa has to ask again before it ends, and GA4GH AAI forbids a clearinghouse to ask
more than once an hour with one access token. So a revocation reaches others by the end of what is signed:
each visa and passport is signed for `revocation` seconds, less `clock`, by which a clearinghouse may let it
overrun for the sake of clocks. docs/access.md says what follows from that for clients.
"""

from dataclasses import dataclass

_AGAIN = 60  # seconds for which a signature is given out again


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """In seconds: after `revocation` nobody honours a revoked visa whose clock is off by at most `clock`."""

    revocation: int = 60
    clock: int = 30

    def __post_init__(self) -> None:
        """Raises ValueError where nothing would be left to sign for."""
        if self.clock < 0 or self.signed < 10:
            raise ValueError("a revocation needs at least 10 seconds beside what clocks may be off by")

    @property
    def signed(self) -> int:
        """From a visa's signature to its end."""
        return self.revocation - self.clock

    @property
    def left(self) -> int:
        """What a visa that was signed before has to have left to be given out again: nearly all of it."""
        return self.signed - min(self.signed // 2, _AGAIN)
