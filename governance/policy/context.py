"""The circumstances of a question, as far as policies may look at them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Context:
    """Why, through which network and when somebody asks.

    `purpose` are the DUO terms that the caller states for this use (`DUO:0000006`; research of a disease is
    `DUO:0000007=MONDO:0005148`, or `MONDO:0005148` alone): a statement, which counts for what policy makes of
    it. `network` is the id of the network that passed the question on, None where the caller asked here.
    `now` is in seconds since 1970; None is the moment of the decision, so that a Context may be kept.
    """

    purpose: tuple[str, ...] = ()
    network: str | None = None
    now: float | None = None
