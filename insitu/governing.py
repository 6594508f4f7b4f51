"""Governance of one process of a site: who is asking, may they, what may be said, and the record of it."""

from collections.abc import Callable, Iterator, Sequence
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
from governance.passport.trust import Trust
from governance.passport.trustfile import TrustFile, path_in
from governance.policy.engine import Policy
from governance.roles import RoleRegister
from governance.settings import AuditSettings
from passport_broker.own import OwnHttp, OwnTrust
from passport_broker.provider.parts import Ground
from passport_broker.service import Standing, own_site
from passport_broker.settings import PassportSettings

FOLDER = "governance"
"""The folder, in a site's data folder, of what people write: whom the site trusts, and its rules."""


@dataclass(frozen=True)
class Governing:
    """The parts, opened together. Safe between threads.

    `believed` is the trust in force, the site's own broker among it.
    """

    policy: Policy
    trail: Trail
    clearinghouse: Clearinghouse
    roles: RoleRegister
    disclosure: Disclosure
    trust: TrustFile
    believed: Callable[[], Trust]

    @property
    def gate(self) -> Gate:
        """The one way to governed data."""
        recorder = NoticingRules(self.trail, lambda: self.trust.current().version)
        return Gate(self.policy, recorder, roles=self.roles.of)

    def identify(self, authorization: str | None, passports: Sequence[object] = ()) -> Caller:
        """The caller behind an `Authorization` header and passports in a body; the gate adds their roles.

        Raises:
            TokenRefused, Unavailable: see `Clearinghouse.identify`.
        """
        return self.clearinghouse.identify(authorization, passports)


def _own_broker(own: Ground | None) -> Standing | None:
    settings = PassportSettings()  # type: ignore[call-arg,unused-ignore]
    return None if own is None else own_site(settings, own.database, own.signing)


def _disclosure(folder: Path, database: Database) -> Disclosure:
    secret, ledger = Secret(secret_bytes(folder, FILE)), Ledger(database)
    ledger.check(secret)
    return Disclosure(ledger, secret)


@contextmanager
def governing(folder: Path, database: Database, own: Ground | None = None) -> Iterator[Governing]:
    """The governance of the site in that data folder, closed at the end of the block.

    `own` is its own broker, which it believes, where it has one.

    Raises:
        SecretLost: the budgets were written under another secret than the data folder's.
        PolicyInvalid, TrustInvalid: a file in `governance/` cannot be used; says where and why.
    """
    http = Http() if own is None else OwnHttp(own)
    trail = Trail(database, folder, AuditSettings())
    try:
        trust = TrustFile(path_in(folder))
        believed = trust.current if own is None else OwnTrust(own, trust.current).current
        trail.watch()
        yield Governing(
            policy=Policy(folder / FOLDER),
            trail=trail,
            clearinghouse=Clearinghouse(believed, http, broker=_own_broker(own)),
            roles=RoleRegister(database),
            disclosure=_disclosure(folder, database),
            trust=trust,
            believed=believed,
        )
    finally:
        trail.close()
        http.close()
