"""A small site for tests of the Beacon."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url

from beacon.app import create_app
from beacon.settings import BeaconSettings
from database.engine import Database
from database.migrations import migrate
from database.moments import Moments
from governance.caller import ANONYMOUS, Caller, Identity
from governance.datasets import PROTECTIONS, Dataset, Tier
from governance.disclosure.control import Disclosure
from governance.disclosure.ledger import Ledger
from governance.disclosure.secret import Secret
from governance.disclosure.told import COUNTER as TOLD
from governance.gate import Gate
from governance.policy.engine import Policy
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from insitu.house import ROOMS
from serving.app import App
from serving.reasons import Unauthenticated
from tests.beacon.files import vcf
from tests.recorders import Kept
from variants.loading.loader import Loader
from variants.service import COUNTER as RELEASES
from variants.service import Variants

SECRET = Secret(bytes(32))
PEOPLE = ("ANNE", "BEN", "CARL", "DORA", "EVE")
FAKES = ("FAKE1", "FAKE2", "FAKE3", "FAKE4", "FAKE5")
# id, assembly, tier, people; `fake` is asked in test mode only, nothing is loaded into `empty`
DATASETS = (
    ("counted", "GRCh37", Tier.COUNT, PEOPLE),
    ("empty", "GRCh37", Tier.RECORD, None),
    ("hidden", "GRCh37", Tier.NONE, PEOPLE),
    ("open", "GRCh37", Tier.RECORD, PEOPLE),
    ("other", "GRCh38", Tier.RECORD, ("OLGA", "PETE", "QUIN", "RUTH", "SAM")),
    ("shy", "GRCh37", Tier.BOOLEAN, PEOPLE),
    ("sites", "GRCh37", Tier.RECORD, ()),
    ("fake", "GRCh37", Tier.RECORD, FAKES),
)
VISIBLE = ("counted", "empty", "open", "other", "shy", "sites")


def identify(authorization: str | None) -> Caller:
    """Whoever says `Bearer somebody:NAME` is that somebody, registered here; all else is refused."""
    if authorization is None:
        return ANONYMOUS
    scheme, _, name = authorization.partition(":")
    if scheme != "Bearer somebody":
        raise Unauthenticated("These credentials do not hold.")
    identity = Identity("https://issuer.example", name)
    return Caller(identity=identity, person=identity, registered=True)


@dataclass(frozen=True)
class Site:
    """What an app is made of."""

    variants: Variants
    register: DatasetRegister
    moments: Moments
    disclosure: Disclosure

    def app(self, settings: BeaconSettings | None = None, gate: Gate | None = None, **serving: Any) -> App:
        """A Beacon over the site; under the packs alone where no gate is given."""
        return create_app(
            settings,
            variants=self.variants,
            register=self.register,
            gate=gate or Gate(Policy(), Kept()),
            disclosure=self.disclosure,
            moments=self.moments,
            **{"identify": identify, **serving},
        )


def site_of(database: Database, register: DatasetRegister) -> Site:
    """The rooms over one database."""
    disclosure = Disclosure(Ledger(database), SECRET)
    return Site(Variants(database), register, Moments(database, (REGISTER, RELEASES, TOLD)), disclosure)


@contextmanager
def opened(postgres_url: str, folder: Path) -> Iterator[Site]:
    """The site with its datasets loaded, in a database of its own."""
    with _database(postgres_url, "test_beacon_site") as database:
        migrate(database, ROOMS)
        register = DatasetRegister(database)
        folder.mkdir(parents=True, exist_ok=True)
        for identifier, assembly, tier, people in DATASETS:
            # Five people would be told of by nobody: tests of protection have a site of their own.
            register.add(
                identifier,
                assembly,
                tier,
                name=f"The {identifier} one",
                test=identifier == "fake",
                protection=PROTECTIONS["none"],
            )
            if people is not None:
                _load(database, register.get(identifier), folder, people)
        yield site_of(database, register)


@contextmanager
def _database(postgres_url: str, name: str) -> Iterator[Database]:
    maintenance = Database(postgres_url)
    with maintenance.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        database = Database(make_url(postgres_url).set(database=name).render_as_string(hide_password=False))
        yield database
        database.dispose()
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    maintenance.dispose()


def _load(database: Database, dataset: Dataset, folder: Path, people: tuple[str, ...]) -> None:
    path = folder / f"{dataset.id}.vcf"
    path.write_text(vcf(people, lengths=dataset.assembly == "GRCh37"))
    with Loader(database) as loader:
        loader.run(loader.plan(dataset, [path]))
