import signal

import pytest

from database.engine import Database
from database.errors import DatabaseBusy, DatabaseUnsuitable
from database.migrations import MIGRATING as MIGRATING_LOCK
from database.migrations import Room, migrate
from tests import programs

SCRIPT = '''
from alembic import op
revision = {revision!r}
down_revision = {before!r}

def upgrade():
    op.execute("""{sql}""")
'''


@pytest.fixture
def database(fresh_database_url):
    made = Database(fresh_database_url)
    with made.unit_of_work() as work:
        work.connection.exec_driver_sql("DROP SCHEMA IF EXISTS kitchen CASCADE")
        work.connection.exec_driver_sql("DROP SCHEMA IF EXISTS hall CASCADE")
        work.commit()
    yield made
    made.dispose()


@pytest.fixture
def room(tmp_path):
    """A room in a folder whose name is awkward, with one migration."""
    scripts = tmp_path / "100% a, b;c"
    (scripts / "versions").mkdir(parents=True)
    room = Room("kitchen", scripts)
    add(room, "0001", None, "CREATE TABLE kitchen.pot (n int); INSERT INTO kitchen.pot VALUES (1)")
    return room


def add(room, revision, before, sql):
    text = SCRIPT.format(revision=revision, before=before, sql=sql)
    (room.scripts / "versions" / f"{revision}.py").write_text(text)


def pots(database):
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n FROM kitchen.pot")
        return cursor.fetchall()


def test_each_room_has_its_schema_and_its_version_and_only_what_is_missing_runs(database, room, tmp_path):
    hall = Room("hall", tmp_path / "hall")
    (hall.scripts / "versions").mkdir(parents=True)
    add(hall, "a", None, "CREATE TABLE hall.coat (n int)")
    assert migrate(database, [room, hall]) == ["kitchen: nothing -> 0001", "hall: nothing -> a"]
    assert migrate(database, [room, hall]) == []
    add(room, "0002", "0001", "UPDATE kitchen.pot SET n = 2")
    assert migrate(database, [room, hall]) == ["kitchen: 0001 -> 0002"]
    assert pots(database) == [(2,)]
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("TABLE kitchen.alembic_version UNION TABLE hall.alembic_version ORDER BY 1")
        assert cursor.fetchall() == [("0002",), ("a",)]


def test_a_migration_that_fails_leaves_its_room_as_it_was(database, room):
    migrate(database, [room])
    add(room, "0002", "0001", "UPDATE kitchen.pot SET n = 2; SELECT 1/0")
    with pytest.raises(Exception, match="division by zero"):
        migrate(database, [room])
    assert pots(database) == [(1,)]
    add(room, "0002", "0001", "UPDATE kitchen.pot SET n = 3")
    assert migrate(database, [room]) == ["kitchen: 0001 -> 0002"]


MIGRATING = """
import sys
from pathlib import Path
from database.engine import Database
from database.migrations import Room, migrate
database = Database(sys.argv[1])
sys.stdin.readline()
print(migrate(database, [Room("kitchen", Path(sys.argv[2]))]), flush=True)
database.dispose()
"""


def test_of_processes_that_migrate_together_one_does_it(database, room, fresh_database_url):
    add(room, "0002", "0001", "SELECT pg_sleep(0.3); UPDATE kitchen.pot SET n = n + 1")
    with programs.running(MIGRATING, fresh_database_url, room.scripts) as one, \
            programs.running(MIGRATING, fresh_database_url, room.scripts) as other:
        said = [process.communicate("go\n", timeout=60)[0].strip() for process in (one, other)]
    assert sorted(said) == ["['kitchen: nothing -> 0002']", "[]"]
    assert pots(database) == [(2,)]


def others_that_wait(database):
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity "
                       "WHERE query LIKE 'SELECT pg_%advisory_xact_lock%'")
        return cursor.fetchone()[0] - 1  # we hold it


def test_who_waits_for_another_that_migrates_can_be_interrupted_and_does_not_wait_for_ever(
        database, room, fresh_database_url, monkeypatch):
    with database.unit_of_work() as other:
        other.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING_LOCK})")
        with programs.running(MIGRATING, fresh_database_url, room.scripts) as waiting:
            waiting.stdin.write("go\n")
            waiting.stdin.flush()
            assert programs.eventually(lambda: others_that_wait(database))
            waiting.send_signal(signal.SIGINT)
            assert waiting.wait(60) != 0
        monkeypatch.setattr("database.migrations.WAIT_SECONDS", 0.2)
        with pytest.raises(DatabaseBusy, match="another process"):
            migrate(database, [room])
    assert migrate(database, [room]) == ["kitchen: nothing -> 0001"]


def test_a_table_in_use_is_not_waited_for_without_end(database, room, monkeypatch):
    migrate(database, [room])
    monkeypatch.setattr("database.migrations.LOCK_SECONDS", 0.2)
    add(room, "0002", "0001", "ALTER TABLE kitchen.pot ADD COLUMN m int")
    with database.unit_of_work() as reader:
        reader.connection.exec_driver_sql("SELECT * FROM kitchen.pot")
        with pytest.raises(DatabaseBusy):
            migrate(database, [room])
    assert migrate(database, [room]) == ["kitchen: 0001 -> 0002"]


def test_a_database_of_a_newer_insitu_is_left_alone(database, room):
    add(room, "0002", "0001", "SELECT 1")
    migrate(database, [room])
    (room.scripts / "versions" / "0002.py").unlink()
    with pytest.raises(DatabaseUnsuitable, match="newer Insitu"):
        migrate(database, [room])
