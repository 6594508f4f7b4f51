"""Who is at the browser, as the gate knows callers."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from flask import g

from governance.caller import Caller, Identity
from passport_broker.access import Access
from passport_broker.store.persons import person_of

Holder: TypeAlias = Callable[[Identity, frozenset[Identity], Sequence[str]], Caller]
"""The caller of an account, others of the same person, and visas: `Clearinghouse.holder`."""


class AtBrowser:
    """Makes callers of who is logged in, as the site's clearinghouse judges the visas that the broker gives.

    So the same rules hold for somebody on a page and with a token. All that they have linked is one person,
    whichever account they use.
    """

    def __init__(self, access: Access, holder: Holder) -> None:
        self._access = access
        self._holder = holder

    def __call__(self) -> Caller:
        """The caller of this request."""
        parts = self._access.parts
        person = person_of(parts.database, g.account.subject)
        accounts = person.identities(parts.issuer)
        own = {g.account.subject} | {each.account.subject for each in person.members}
        visas = [visa for subject in sorted(own) for visa in self._access.visas.of(subject)]
        return self._holder(Identity(parts.issuer, g.account.subject), accounts, visas)
