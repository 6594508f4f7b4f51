import struct
import tracemalloc

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from database.binary import HEADER, TRAILER, row_encoder, rows_decoder
from database.copying import copy_rows, read_rows
from database.engine import Database

TYPES = ("bigint", "integer", "smallint", "boolean", "double precision", "real", "text", "character varying",
         "bytea", "text[]", "jsonb", "json")
COLUMNS = tuple(f"c{number}" for number in range(len(TYPES)))

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
plain_json = st.recursive(
    st.none() | st.booleans() | st.integers(-2**53, 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=5)
values = {
    "bigint": st.integers(-2**63, 2**63 - 1), "integer": st.integers(-2**31, 2**31 - 1),
    "smallint": st.integers(-2**15, 2**15 - 1), "boolean": st.booleans(),
    "double precision": st.floats(allow_nan=False), "real": st.floats(width=32, allow_nan=False),
    "text": text, "character varying": text, "bytea": st.binary(max_size=50),
    "text[]": st.lists(st.none() | text, max_size=4),
    "jsonb": plain_json.filter(lambda value: value is not None),
    "json": plain_json.filter(lambda value: value is not None),
}
rows = st.lists(st.tuples(*(st.none() | values[kind] for kind in TYPES)), max_size=5)


@pytest.fixture(scope="module")
def database(fresh_database_url):
    made = Database(fresh_database_url)
    with made.unit_of_work() as work:
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, TYPES, strict=True))
        work.connection.exec_driver_sql(f"CREATE TABLE every ({columns})")
        work.connection.exec_driver_sql('CREATE SCHEMA "a room"')
        work.connection.exec_driver_sql('CREATE TABLE "a room".bits (id bigint, bits bytea)')
        work.commit()
    yield made
    made.dispose()


@given(rows)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_what_is_copied_in_comes_out_the_same_by_cursor_and_by_copy(database, rows):
    with database.unit_of_work() as work:
        assert copy_rows(work.connection, "every", COLUMNS, rows) == len(rows)
        with work.raw.cursor() as cursor:
            # The text of a real is the shortest that rounds to it, not the number itself.
            cursor.execute("SELECT c0, c1, c2, c3, c4, c5::double precision, c6, c7, c8, c9, c10, c11 "
                           "FROM every")
            fetched = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor]
        assert fetched == rows
        assert read_rows(work.raw, "SELECT * FROM every", types=TYPES) == rows


@given(rows)
@settings(max_examples=50, deadline=None)
def test_the_decoder_undoes_the_encoder(rows):
    encode = row_encoder(COLUMNS, TYPES)
    assert rows_decoder(TYPES)(HEADER + b"".join(map(encode, rows)) + TRAILER) == rows


def test_it_goes_into_a_table_of_a_schema_and_only_with_the_transaction(database):
    with database.unit_of_work() as work:
        copy_rows(work.raw, "a room.bits", ["bits", "id"], iter([(b"\0\1", 1)]))
    with database.unit_of_work() as work:
        assert read_rows(work.connection, 'SELECT id FROM "a room".bits', types=("bigint",)) == []


def test_memory_stays_small_however_many_rows_there_are(database):
    rows = ((number, bytes(1000)) for number in range(60_000))
    tracemalloc.start()
    try:
        with database.unit_of_work() as work:
            assert copy_rows(work.raw, "a room.bits", ["id", "bits"], rows) == 60_000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_parameters_of_a_bulk_read_are_bound(database):
    nasty = "'); DROP TABLE every; --"
    found = read_rows(database_connection(database), "SELECT %s::text, %s::bytea", (nasty, b"%\\\x00"),
                      types=("text", "bytea"))
    assert found == [(nasty, b"%\\\x00")]


def database_connection(database):
    with database.reading() as connection:
        return connection


def test_a_wrong_value_a_wrong_column_and_a_wrong_type_are_named(database):
    with database.unit_of_work() as work, pytest.raises(struct.error):
        copy_rows(work.raw, "a room.bits", ["id"], [("one",)])
    with database.unit_of_work() as work, pytest.raises(TypeError, match="has no column nothing"):
        copy_rows(work.raw, "a room.bits", ["nothing"], [])
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql("CREATE TABLE odd (place point)")
        with pytest.raises(TypeError, match="column place: type point"):
            copy_rows(work.raw, "odd", ["place"], [])
    with database.reading() as connection, pytest.raises(TypeError, match="4 bytes was said to be bigint"):
        read_rows(connection, "SELECT 1", types=("bigint",))


def test_an_error_of_the_source_of_rows_is_raised_as_it_is(database):
    def broken():
        yield (1, b"")
        raise EOFError("the file ends in the middle")

    with database.unit_of_work() as work, pytest.raises(EOFError, match="in the middle"):
        copy_rows(work.raw, "a room.bits", ["id", "bits"], broken())


def test_a_row_that_the_table_refuses_is_postgresqls_own_error(database):
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql('CREATE UNIQUE INDEX ON "a room".bits (id)')
        with pytest.raises(psycopg2.errors.UniqueViolation):
            copy_rows(work.raw, "a room.bits", ["id"], [(1,), (1,)])
