"""One web process of the attacked site: the Beacon, governed as at any site, which believes every name."""

from pathlib import Path

from starlette.types import ASGIApp

from beacon.app import BASE_PATH, create_app
from benchmarks.attack.memberships import SECRET
from database.embedded import EmbeddedPostgres
from database.engine import Database
from database.moments import Moments
from governance.audit.trail import Trail
from governance.caller import ANONYMOUS, Caller, Identity
from governance.disclosure.control import Disclosure
from governance.disclosure.ledger import Ledger
from governance.disclosure.told import COUNTER as TOLD
from governance.gate import Gate
from governance.policy.engine import Policy
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from governance.settings import AuditSettings
from serving.front import compose
from serving.settings import ServingSettings
from variants.service import COUNTER as RELEASES
from variants.service import Variants

FACTORY = "benchmarks.attack.web:create"


def create(folder: str) -> ASGIApp:
    """The app over the site in this folder."""
    database = opened(Path(folder))
    app = create_app(
        variants=Variants(database),
        register=DatasetRegister(database),
        gate=Gate(Policy(), Trail(database, Path(folder), AuditSettings())),
        disclosure=Disclosure(Ledger(database), SECRET),
        moments=Moments(database, (REGISTER, RELEASES, TOLD)),
        identify=_identify,
    )
    return compose({BASE_PATH: app}, closing=[database.dispose], settings=ServingSettings(access_log=False))


def opened(folder: Path) -> Database:
    """The site's own database, started by whoever is first and stopped by the last to dispose of it."""
    server = EmbeddedPostgres(folder / "postgres")
    return Database(server.start(), on_dispose=server.stop)


def _identify(authorization: str | None) -> Caller:
    """Whoever says a name is of that name, and registered: who asks is not what is measured here."""
    if authorization is None:
        return ANONYMOUS
    identity = Identity("https://issuer.example", authorization)
    return Caller(identity=identity, person=identity, registered=True)
