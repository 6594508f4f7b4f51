import os
import threading
from contextlib import contextmanager

import psycopg2
import pytest
from sqlalchemy import exc

from database.engine import Database
from database.errors import DatabaseBusy, DatabaseUnavailable, DatabaseUnsuitable, TookTooLong


@pytest.fixture
def database(fresh_database_url):
    made = Database(fresh_database_url, pool_size=2, pool_wait_seconds=60.0)
    with made.unit_of_work() as work:
        work.connection.exec_driver_sql("DROP TABLE IF EXISTS t; CREATE TABLE t (n int PRIMARY KEY)")
        work.commit()
    yield made
    made.dispose()


def asked(database, question):
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def test_a_unit_of_work_that_is_not_committed_leaves_nothing(database):
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        work.raw.cursor().execute("INSERT INTO t VALUES (2)")
    assert asked(database, "SELECT * FROM t") == []

    def fail():
        with database.unit_of_work() as work:
            work.connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            return 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert asked(database, "SELECT * FROM t") == []


def test_what_was_done_past_sqlalchemy_is_committed_too(database):
    with database.unit_of_work() as work:
        work.raw.cursor().execute("INSERT INTO t VALUES (1)")
        work.commit()
        work.raw.cursor().execute("INSERT INTO t VALUES (2)")
    assert asked(database, "SELECT * FROM t") == [(1,)]


def test_what_follows_a_commit_happens_once_it_is_seen_by_others_and_never_without_it(database):
    seen = []
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        work.after_commit(lambda: seen.append(asked(database, "SELECT * FROM t")))
        assert seen == []
        work.commit()
        work.commit()
    assert seen == [[(1,)]]
    with database.unit_of_work() as work:
        work.after_commit(lambda: seen.append("rolled back"))
    assert seen == [[(1,)]]


def test_an_action_that_fails_does_not_keep_the_next_from_running(database):
    done = []
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        work.after_commit(lambda: 1 / 0)
        work.after_commit(lambda: done.append(True))
        with pytest.raises(ZeroDivisionError):
            work.commit()
    assert done == [True]
    assert asked(database, "SELECT * FROM t") == [(1,)]


def test_a_fault_of_the_statement_stays_what_it_is(database):
    with pytest.raises(exc.IntegrityError), database.unit_of_work() as work:
        work.connection.exec_driver_sql("INSERT INTO t VALUES (1), (1)")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        asked(database, "SELECT * FROM nothing")
    assert asked(database, "SELECT 1") == [(1,)]


def test_reading_changes_nothing(database):
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        asked(database, "INSERT INTO t VALUES (1)")


@contextmanager
def short_of(url, **limits):
    """A database that somebody gave little."""
    made = Database(url, **limits)
    yield made
    made.dispose()


def test_a_question_that_takes_too_long_is_ended(fresh_database_url):
    with short_of(fresh_database_url, statement_timeout_seconds=1.0) as database:
        with pytest.raises(TookTooLong, match="smaller region"):
            asked(database, "SELECT pg_sleep(600)")
        assert asked(database, "SELECT 1") == [(1,)]


def test_who_asks_while_every_connection_is_lent_is_told_to_come_back(fresh_database_url):
    with short_of(fresh_database_url, pool_size=2, pool_wait_seconds=0.2) as database:
        busy = pytest.raises(DatabaseBusy, match="try again")
        with database.reading(), database.reading(), busy, database.reading():
            pass
        with database.unit_of_work() as one, database.unit_of_work() as two:
            one.connection.exec_driver_sql("SELECT 1")
            two.connection.exec_driver_sql("SELECT 1")
            with pytest.raises(DatabaseBusy), database.unit_of_work():
                pass


def test_threads_never_share_a_connection_and_never_open_more_than_agreed(database):
    wrong, backends = [], set()

    def ask(number):
        for _ in range(30):
            with database.reading() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT %s, pg_backend_pid()", (number,))
                told, backend = cursor.fetchone()
                backends.add(backend)
                if told != number:
                    wrong.append((number, told))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert 1 <= len(backends) <= 2


def test_a_connection_that_the_server_ended_while_idle_is_replaced_unseen(database):
    (backend,), = asked(database, "SELECT pg_backend_pid()")
    end_backend(database, backend)
    (other,), = asked(database, "SELECT pg_backend_pid()")
    assert other != backend


def test_a_connection_that_ends_in_the_middle_is_a_reason_and_not_lent_again(database):
    def lose_reading():
        with database.reading() as connection, connection.cursor() as cursor:
            end_backend(database, connection.info.backend_pid)
            cursor.execute("SELECT 1")

    def lose_work():
        with database.unit_of_work() as work:
            end_backend(database, work.raw.info.backend_pid)
            work.connection.exec_driver_sql("SELECT 1")

    for lose in (lose_reading, lose_work):
        with pytest.raises(DatabaseUnavailable):
            lose()
        assert asked(database, "SELECT 1") == [(1,)]


def end_backend(database, pid):
    with database.unit_of_work() as work:
        gone = work.connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 60000)").scalar_one()
    assert gone


def test_a_connection_left_in_a_transaction_is_not_lent_again(database):
    left = []

    def leave():
        with database.reading() as connection:
            left.append(connection)
            connection.autocommit = False
            connection.cursor().execute("SELECT 1")
            return 1 / 0

    with pytest.raises(ZeroDivisionError):
        leave()
    with database.reading() as other:
        assert other is not left[0]
        assert other.autocommit


def test_a_forked_child_has_connections_of_its_own(database):
    (backend,), = asked(database, "SELECT pg_backend_pid()")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            (other,), = asked(database, "SELECT pg_backend_pid()")
            with database.unit_of_work() as work:
                work.connection.exec_driver_sql("INSERT INTO t VALUES (7)")
                work.commit()
            os.write(writer, str(other).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reader, 20)) != backend
    os.close(reader)
    os.close(writer)
    assert asked(database, "SELECT pg_backend_pid(), n FROM t") == [(backend, 7)]


@pytest.mark.parametrize(("url", "words"), [
    ("sqlite:///site.db", "begins with sqlite"),
    ("postgresql://user:pass word@host:port/x", "cannot be read"),
    ("nonsense", "cannot be read"),
    ("postgresql://user:hidden@pass word@host/x", "%40"),
    ("postgresql://user:pass/word@pass word@host/x", "%40"),
])
def test_a_url_that_is_no_postgresql_is_refused_without_repeating_it(url, words):
    with pytest.raises(DatabaseUnsuitable, match=words) as refusal:
        Database(url)
    assert "pass word" not in str(refusal.value)


def test_an_option_that_postgresql_does_not_know_is_named(tmp_path):
    database = Database(f"postgresql://insitu:hidden@/none?host={tmp_path}&sslmod=hidden")
    with pytest.raises(DatabaseUnsuitable, match='invalid connection option "sslmod"') as refusal:
        database.ping()
    assert "hidden" not in refusal.value.public
    assert "\n" not in refusal.value.public


def test_both_spellings_of_the_scheme_are_taken(fresh_database_url):
    bare = fresh_database_url.removeprefix("postgresql+psycopg2")
    for scheme in ("postgres", "postgresql"):
        database = Database(scheme + bare)
        database.ping()
        database.dispose()


def test_nobody_there_is_a_reason(tmp_path):
    database = Database(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        database.ping()
    with pytest.raises(DatabaseUnavailable), database.unit_of_work():
        pass
    database.dispose()
