"""A broker with everything a site's has, on a real port, and people who log in there by command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from database.engine import Database
from governance.register import DatasetRegister
from insitu.login import device
from insitu.login.choosing import audiences_at
from insitu.login.keeping import Keeping
from insitu.login.kept import Login
from insitu.login.metadata import discovered
from insitu.login.session import Session, Wanted
from insitu.login.tokens import Client
from passport_broker.domain.clients import COMMAND_LINE
from tests.passport_broker.access.applying import registered
from tests.passport_broker.access.walking import Reader, Walk, walking
from tests.passport_broker.running import SCOPES


@pytest.fixture(scope="package")
def walk(postgres_url: str, session_folder: Path) -> Iterator[Walk]:
    from database.migrations import migrate
    from insitu.house import ROOMS
    from tests.conftest import new_database

    folder = session_folder / "login"
    folder.mkdir()
    with new_database(postgres_url, "test_login") as url:
        database = Database(url)
        migrate(database, ROOMS)
        registered(DatasetRegister(database))
        with walking(database, folder) as made:
            yield made
        database.dispose()


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
