"""Who is at the browser, as the gate knows callers."""

from flask import g

from governance.caller import Caller, Identity
from passport_broker.access import Access


def caller_of(access: Access) -> Caller:
    """Who is logged in."""
    identity = Identity(access.parts.issuer, g.account.subject)
    return Caller(identity=identity, person=identity)
