import tempfile
from pathlib import Path

import pytest
from pydantic import SecretStr

from database.errors import DatabaseUnavailable, DatabaseUnsuitable
from database.opening import open_database
from database.settings import DatabaseSettings
from processes.locks import is_held
from tests import programs


@pytest.fixture
def data_dir():
    folder = Path(tempfile.mkdtemp(prefix="insitu-test-"))
    yield folder
    programs.remove(folder)


def test_without_any_setting_a_server_starts_in_the_data_folder_and_stops_with_its_last_user(data_dir):
    one = open_database(DatabaseSettings(), data_dir)
    other = open_database(DatabaseSettings(), data_dir)
    one.dispose()
    other.ping()
    other.dispose()
    other.dispose()
    assert not is_held(data_dir / "postgres" / "alive.lock")


def test_a_given_database_is_used_and_nothing_is_started(data_dir, fresh_database_url):
    database = open_database(DatabaseSettings(url=SecretStr(fresh_database_url)), data_dir)
    database.ping()
    database.dispose()
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize(("change", "words"), [
    (lambda url: url.set(password="guessed"), "password"),
    (lambda url: url.set(database="none_such"), "none_such"),
    (lambda url: url.set(query={"host": "/nowhere"}), "/nowhere"),
])
def test_a_database_that_cannot_be_used_says_so_in_one_line(data_dir, fresh_database_url, change, words):
    from sqlalchemy.engine import make_url

    url = change(make_url(fresh_database_url)).render_as_string(hide_password=False)
    with pytest.raises(DatabaseUnavailable, match=f"INSITU_DATABASE_URL: .*{words}") as refusal:
        open_database(DatabaseSettings(url=SecretStr(url)), data_dir)
    assert "\n" not in refusal.value.public


def test_a_database_too_old_is_refused(data_dir, fresh_database_url, monkeypatch):
    monkeypatch.setattr("database.engine.OLDEST", 990_000)
    with pytest.raises(DatabaseUnsuitable, match="is PostgreSQL 18; Insitu needs"):
        open_database(DatabaseSettings(url=SecretStr(fresh_database_url)), data_dir)


def test_a_database_that_is_not_utf8_is_refused(data_dir, postgres_url):
    from sqlalchemy.engine import make_url

    from database.engine import Database

    site = Database(postgres_url)
    with site.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CREATE DATABASE test_latin ENCODING 'LATIN1' TEMPLATE template0")
        url = make_url(postgres_url).set(database="test_latin").render_as_string(hide_password=False)
        with pytest.raises(DatabaseUnsuitable, match="UTF8"):
            open_database(DatabaseSettings(url=SecretStr(url)), data_dir)
        connection.exec_driver_sql("DROP DATABASE test_latin")
    site.dispose()


def test_settings_come_from_the_environment_and_never_show_the_password(monkeypatch):
    monkeypatch.setenv("INSITU_DATABASE_URL", "postgresql://insitu:very-secret@db/insitu")
    monkeypatch.setenv("INSITU_DATABASE_POOL_SIZE", "3")
    settings = DatabaseSettings()
    assert settings.pool_size == 3
    assert "very-secret" not in repr(settings)
