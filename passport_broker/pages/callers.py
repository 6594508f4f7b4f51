"""Who is at the browser, as the gate knows callers."""

from flask import g

from governance.caller import Caller, Identity
from passport_broker.access import Access
from passport_broker.store.persons import person_of


def caller_of(access: Access) -> Caller:
    """Who is logged in, with all that they have linked: one person, whichever account they use."""
    issuer = access.parts.issuer
    accounts = person_of(access.parts.database, g.account.subject).identities(issuer)
    identity = Identity(issuer, g.account.subject)
    return Caller(identity=identity, person=min(accounts | {identity}), accounts=accounts | {identity})
