"""The same code on a PostgreSQL that somebody else runs."""

import os
import uuid

import psycopg2
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from database.copying import copy_rows, read_rows
from database.errors import DatabaseUnsuitable
from database.migrations import Room, migrate
from database.opening import open_database
from database.settings import DatabaseSettings

pytestmark = pytest.mark.services

GIVEN = os.environ.get("INSITU_TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
SCRIPT = """
from alembic import op
revision, down_revision = "0001", None

def upgrade():
    op.execute("CREATE TABLE kitchen.pot (id bigint, bits bytea, names text[], more jsonb)")
"""


@pytest.fixture
def room(tmp_path):
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001.py").write_text(SCRIPT)
    return Room("kitchen", tmp_path)


@pytest.fixture
def foreign():
    """A psycopg2 connection to somebody else's server, and an empty database in it."""
    try:
        connection = psycopg2.connect(GIVEN, connect_timeout=3)
    except psycopg2.OperationalError:
        pytest.skip(f"needs a PostgreSQL at {GIVEN}, and nobody answers there")
    name = f"insitu_test_{uuid.uuid4().hex[:8]}"
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0")
        yield connection, make_url(GIVEN).set(database=name)
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        cursor.execute(f"DROP ROLE IF EXISTS {name}")
    connection.close()


def opened(url, tmp_path):
    return open_database(DatabaseSettings(url=SecretStr(url.render_as_string(hide_password=False))), tmp_path)


def test_an_institutions_postgresql_serves_as_well_as_ours(foreign, room, tmp_path):
    database = opened(foreign[1], tmp_path)
    assert migrate(database, [room]) == ["kitchen: nothing -> 0001"]
    rows = [(number, bytes([number]) * number, ["a", None, ""], {"n": [number]}) for number in range(200)]
    with database.unit_of_work() as work:
        copy_rows(work.raw, "kitchen.pot", ["id", "bits", "names", "more"], rows)
        work.commit()
    with database.reading() as connection:
        types = ("bigint", "bytea", "text[]", "jsonb")
        found = read_rows(connection, "SELECT * FROM kitchen.pot ORDER BY id", types=types)
    database.dispose()
    assert found == rows


def test_a_role_that_may_not_make_tables_is_told_what_its_owner_can_do(foreign, room, tmp_path):
    connection, url = foreign
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {url.database} LOGIN PASSWORD 'x'")
    database = opened(url.set(username=url.database, password="x"), tmp_path)
    with pytest.raises(DatabaseUnsuitable, match="GRANT CREATE ON DATABASE"):
        migrate(database, [room])
    database.dispose()
