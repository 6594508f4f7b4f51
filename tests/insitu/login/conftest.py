"""A broker with everything a site's has, on a real port, and people who log in there by command line."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from beacon.app import BASE_PATH, create_app
from database.engine import Database
from database.migrations import migrate
from database.moments import Moments
from governance.datasets import PROTECTIONS, Tier
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from insitu.governing import governing
from insitu.house import ROOMS
from insitu.login import device
from insitu.login.beginning import Wanted
from insitu.login.choosing import audiences_at
from insitu.login.keeping import Keeping
from insitu.login.kept import Login
from insitu.login.metadata import discovered
from insitu.login.session import Session
from insitu.login.tokens import Client
from passport_broker.domain.clients import COMMAND_LINE
from serving.front import compose
from serving.listening import listen, url_of
from serving.running import Server, config_of
from serving.settings import ServingSettings
from tests.beacon.files import vcf
from tests.conftest import new_database
from tests.passport_broker.access.applying import registered
from tests.passport_broker.access.saying import DATA, SOURCE
from tests.passport_broker.access.walking import TRUST, Reader, Walk, walking
from tests.passport_broker.running import SCOPES
from variants.loading.loader import Loader
from variants.service import COUNTER as RELEASES
from variants.service import Variants


@pytest.fixture(scope="package")
def walk(postgres_url: str, session_folder: Path) -> Iterator[Walk]:
    folder = session_folder / "login"
    folder.mkdir()
    with new_database(postgres_url, "test_login") as url:
        database = Database(url)
        migrate(database, ROOMS)
        registered(DatasetRegister(database))
        with walking(database, folder) as made:
            yield made
        database.dispose()


@dataclass(frozen=True)
class Second:
    """Another site's Beacon, and who looks after its data."""

    url: str
    folder: Path


@contextmanager
def second_site(postgres_url: str, folder: Path, issuer: str) -> Iterator[Second]:
    """A Beacon on a port of its own, which knows of a broker no more than its trust file says."""
    with new_database(postgres_url, f"test_second_{secrets.token_hex(3)}") as database_url:
        database = Database(database_url)
        migrate(database, ROOMS)
        register = DatasetRegister(database)
        about = {"controlled": Tier.RECORD, "grants": (DATA,), "sources": (SOURCE,)}
        register.add("cohort-1", "GRCh37", protection=PROTECTIONS["none"], **about)
        register.add("open", "GRCh37", Tier.COUNT, protection=PROTECTIONS["none"])
        (folder / "cohort.vcf").write_text(vcf(tuple(f"person-{number}" for number in range(5))))
        with Loader(database) as loader:
            for name in ("cohort-1", "open"):
                loader.run(loader.plan(register.get(name), [folder / "cohort.vcf"]))
        with listen("127.0.0.1", 0) as bound:
            url = url_of(bound)
            (folder / "governance").mkdir()
            trust = "skew = 0\n" + TRUST.format(site=url, issuer=issuer)
            (folder / "governance" / "trust.toml").write_text(trust)
            with governing(folder, database) as found:
                app = create_app(
                    variants=Variants(database),
                    register=register,
                    gate=found.gate,
                    disclosure=found.disclosure,
                    moments=Moments(database, (REGISTER, RELEASES)),
                    identify=found.identify,
                )
                with serving(compose({BASE_PATH: app}), bound):
                    yield Second(url, folder)
        database.dispose()


@contextmanager
def serving(app: Any, bound: Any) -> Iterator[None]:
    started = threading.Event()
    server = Server(config_of(app, ServingSettings()), started.set)
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="package")
def second(walk: Walk, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    with second_site(postgres_url, tmp_path_factory.mktemp("second"), walk.broker.issuer) as made:
        yield made


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of logins of this test's user."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "insitu" / "logins"


@pytest.fixture
def session(state: Path) -> Session:
    return Session(Keeping(state), sleep=lambda _: None)


def allows(reader: Reader, code: device.Code, decision: str = "allow") -> None:
    """Somebody opens the page, types the code in, and decides."""
    page = reader.open("device", params={"user_code": code.user})
    page = reader.form(page, "/device", user_code=code.user)
    assert code.user in page.text
    reader.form(page, "/device/decision", decision=decision)


def logged_in(
    session: Session, walk: Walk, reader: Reader, *sites: str, client: Client | None = None
) -> Login:
    """A login of that person."""
    metadata = discovered(walk.broker.url, session.calls)
    wanted = Wanted(client or Client(COMMAND_LINE), SCOPES, audiences_at(metadata.issuer, sites))
    return session.log_in(metadata, wanted, lambda code: allows(reader, code))


def claims(token: str) -> dict[str, Any]:
    from base64 import urlsafe_b64decode

    part = token.split(".")[1]
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))
