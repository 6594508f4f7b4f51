"""Statements planned once: the same answers, whatever becomes of tables and connections meanwhile."""

import psycopg2.errors
import pytest
from sqlalchemy import text

from database.engine import Database
from database.prepared import _KEPT, execute_prepared


@pytest.fixture
def database(fresh_database_url):
    made = Database(fresh_database_url)
    yield made
    made.dispose()


def asked(database, sql, values=()):
    with database.reading() as connection, connection.cursor() as cursor:
        execute_prepared(cursor, sql, values)
        return cursor.fetchall(), dict(connection.prepared)


def run(database, *statements):
    with database.calling() as connection, connection.cursor() as cursor:
        for each in statements:
            cursor.execute(each)


def test_values_of_every_kind_that_questions_hold(database):
    sql = "SELECT i FROM (VALUES (1::bigint, 'A'::text), (2, 'it''s')) t (i, t) WHERE i = ANY(%s) AND t = %s"
    assert asked(database, sql, ([1, 2], "it's"))[0] == [(2,)]
    assert asked(database, sql, ([], "A"))[0] == []
    found, prepared = asked(database, sql, ([1], "A"))
    assert found == [(1,)]
    assert list(prepared) == [sql]


def test_a_table_that_is_dropped_and_made_anew(database):
    run(
        database,
        "DROP TABLE IF EXISTS planned",
        "CREATE TABLE planned (a int)",
        "INSERT INTO planned VALUES (1)",
    )
    assert asked(database, "SELECT a FROM planned")[0] == [(1,)]
    run(database, "DROP TABLE planned")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        asked(database, "SELECT a FROM planned")
    run(database, "CREATE TABLE planned (a int)", "INSERT INTO planned VALUES (2)")
    assert asked(database, "SELECT a FROM planned")[0] == [(2,)]


def test_a_connection_keeps_no_more_statements_than_it_should(database):
    for number in range(_KEPT + 3):
        found, prepared = asked(database, f"SELECT {number} + %s", (1,))
        assert found == [(number + 1,)]
        assert len(prepared) <= _KEPT
    assert asked(database, "SELECT 0 + %s", (1,))[0] == [(1,)]


def test_a_connection_that_the_server_ended_is_replaced_by_one_without_statements(database):
    asked(database, "SELECT 1 + %s", (1,))
    with database.unit_of_work() as work:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        left = work.connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}")).rowcount
        while left:  # what was ended says farewell first
            work.connection.execute(text("SELECT pg_stat_clear_snapshot()"))
            left = work.connection.execute(text(f"SELECT 1 {others}")).rowcount
    assert asked(database, "SELECT 1 + %s", (2,))[0] == [(3,)]
