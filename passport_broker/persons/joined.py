"""Which accounts are, or ever were, one person: for those who must not decide for themselves."""

from collections.abc import Iterable

from database.engine import Database
from governance.caller import Identity
from governance.passport.linked import link, links_of, person_of
from passport_broker.store import visas
from passport_broker.store.persons import person_of as kept_of


def joined(database: Database, issuer: str, accounts: Iterable[Identity]) -> frozenset[Identity]:
    """These accounts, and all that are linked with one of them at the broker of that issuer, or were.

    Links that were taken back count: nobody parts their accounts to decide, and links them again. So do
    those whose conditions nobody looks at here.
    """
    found = frozenset(accounts)
    while True:
        here = sorted(each.subject for each in found if each.issuer == issuer)
        with database.unit_of_work() as work:
            rows = visas.linking(work.connection, here, [link(each) for each in found])
        links = [(Identity(issuer, subject), *links_of(value)) for subject, value in rows]
        kept = (kept_of(database, each).identities(issuer) for each in here)
        more = person_of(found.union(*kept), links)
        if more == found:
            return found
        found = more
