"""What the broker puts on record: who did what, under a pseudonym, and never a secret."""

from collections.abc import Mapping
from typing import Any, Protocol

from governance.audit.acts import record_act
from governance.audit.trail import Trail
from governance.caller import Identity
from passport_broker.domain.accounts import Account


class Record(Protocol):
    """Takes down an act; returns when it is kept."""

    def __call__(self, what: str, account: Account | None, details: Mapping[str, Any] | None = None) -> None:
        """`what` in dotted words. Raises where it cannot be kept, and then it is not done."""


def recording(trail: Trail, issuer: str) -> Record:
    """Records into the site's trail; accounts are subjects of this issuer."""

    def record(what: str, account: Account | None, details: Mapping[str, Any] | None = None) -> None:
        subject = None if account is None else Identity(issuer, account.subject)
        record_act(trail, what, subject=subject, details=details, by={"process": "passport"})

    return record
