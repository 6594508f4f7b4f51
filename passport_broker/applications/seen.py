"""An application as somebody sees it."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.policy.duo import Match
from passport_broker.domain.applications import Application, Taken


@dataclass(frozen=True, slots=True)
class Seen:
    """Its history, how it fits the terms of use now, and what the one who looks has to do with it."""

    application: Application
    status: str
    history: Sequence[Taken]
    match: Match | None
    own: bool
    decides: bool
