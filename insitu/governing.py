"""Governance of one process of a site: who is asking, may they, what may be said, and the record of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from database.engine import Database
from governance.audit.acts import NoticingRules
from governance.audit.trail import Trail
from governance.caller import Caller
from governance.disclosure.control import Disclosure
from governance.disclosure.ledger import Ledger
from governance.disclosure.secret import FILE, Secret
from governance.gate import Gate
from governance.keys.fetching import Http
from governance.keys.site import secret_bytes
from governance.passport.clearinghouse import Clearinghouse
from governance.passport.opening import open_clearinghouse
from governance.policy.engine import Policy
from governance.roles import RoleRegister
from governance.settings import AuditSettings

FOLDER = "governance"
"""The folder, in a site's data folder, of what people write: whom the site trusts, and its rules."""


@dataclass(frozen=True)
class Governing:
    """The parts, opened together. Safe between threads."""

    policy: Policy
    trail: Trail
    clearinghouse: Clearinghouse
    roles: RoleRegister
    disclosure: Disclosure

    @property
    def gate(self) -> Gate:
        """The one way to governed data."""
        return Gate(self.policy, NoticingRules(self.trail), roles=self.roles.of)

    def identify(self, authorization: str | None) -> Caller:
        """The caller behind an `Authorization` header; the gate adds the roles they have here.

        Raises:
            TokenRefused, Unavailable: see `Clearinghouse.identify`.
        """
        return self.clearinghouse.identify(authorization)


def _disclosure(folder: Path, database: Database) -> Disclosure:
    secret, ledger = Secret(secret_bytes(folder, FILE)), Ledger(database)
    ledger.check(secret)
    return Disclosure(ledger, secret)


@contextmanager
def governing(folder: Path, database: Database) -> Iterator[Governing]:
    """The governance of the site in that data folder, closed at the end of the block.

    Raises:
        SecretLost: the budgets were written under another secret than the data folder's.
        PolicyInvalid, TrustInvalid: a file in `governance/` cannot be used; says where and why.
    """
    http = Http()
    trail = Trail(database, folder, AuditSettings())
    try:
        yield Governing(
            policy=Policy(folder / FOLDER),
            trail=trail,
            clearinghouse=open_clearinghouse(folder, http),
            roles=RoleRegister(database),
            disclosure=_disclosure(folder, database),
        )
    finally:
        trail.close()
        http.close()
