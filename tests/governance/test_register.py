"""The register of datasets over a real PostgreSQL."""

import threading

import pytest

from database.engine import Database
from database.moments import Moments
from governance.datasets import Tier
from governance.errors import DatasetExists, DatasetInvalid, DatasetUnknown
from governance.register import COUNTER, DatasetRegister


@pytest.fixture
def register(site_database: Database):
    register = DatasetRegister(site_database)
    yield register
    for each in register.all():
        register.remove(each.id)


class CountedDatabase:
    """A database that counts how often it is read from."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements: list[str] = []

    def reading(self):
        return _Counted(self._database.reading(), self.statements)

    def unit_of_work(self):
        return self._database.unit_of_work()


class _Counted:
    def __init__(self, lent, statements) -> None:
        self._lent, self._statements = lent, statements

    def __enter__(self):
        self._connection = self._lent.__enter__()
        return self

    def __exit__(self, *error):
        return self._lent.__exit__(*error)

    def cursor(self):
        return _CountedCursor(self._connection.cursor(), self._statements)


class _CountedCursor:
    def __init__(self, cursor, statements) -> None:
        self._cursor, self._statements = cursor, statements

    def __enter__(self):
        self._cursor.__enter__()
        return self

    def __exit__(self, *error):
        return self._cursor.__exit__(*error)

    def execute(self, statement, *values):
        self._statements.append(statement)
        return self._cursor.execute(statement, *values)

    def __getattr__(self, name):
        return getattr(self._cursor, name)


def test_a_dataset_of_which_nothing_is_said_gives_nothing(register):
    assert register.add("plain", "GRCh37").anonymous is Tier.NONE


def test_a_dataset_is_what_was_said_of_it(register):
    added = register.add("d-1", "GRCh38", Tier.COUNT, "Ä cohort", "Two\nlines", test=True)
    assert register.get("d-1") == added == register.all()[0]
    assert (added.assembly, added.anonymous, added.name, added.description, added.test) == (
        "GRCh38",
        Tier.COUNT,
        "Ä cohort",
        "Two\nlines",
        True,
    )


def test_datasets_come_by_id_whatever_the_collation(register):
    for each in ("b", "B", "a", "_"[:0] + "0"):
        register.add(each, "GRCh37")
    assert [each.id for each in register.all()] == ["0", "B", "a", "b"]


def test_an_id_is_registered_once(register):
    first = register.add("d", "GRCh37")
    with pytest.raises(DatasetExists, match="d already"):
        register.add("d", "GRCh38")
    assert register.get("d") == first


@pytest.mark.parametrize("identifier", ["", "-a", ".a", "a b", "a/b", "ä", "a" * 65, "a\n", "a\0", "٣"])
def test_an_id_that_would_not_survive_a_url_is_refused(register, identifier):
    with pytest.raises(DatasetInvalid, match="letters, digits") as refused:
        register.add(identifier, "GRCh37")
    assert refused.value.public.isprintable()
    assert register.all() == ()


@pytest.mark.parametrize(
    "texts", [{"assembly": " "}, {"name": "x" * 201}, {"name": "a\0b"}, {"description": "\x1b[31m"}]
)
def test_a_text_that_cannot_be_kept_is_refused(register, texts):
    with pytest.raises(DatasetInvalid):
        register.add("d", **{"assembly": "GRCh37", **texts})
    assert register.all() == ()


def test_a_change_leaves_the_rest_as_it_was(register):
    before = register.add("d", "GRCh37", Tier.BOOLEAN, "name", "description")
    changed = register.change("d", anonymous=Tier.NONE)
    assert (changed.anonymous, changed.name, changed.description) == (Tier.NONE, "name", "description")
    assert changed.created == before.created
    assert changed.updated > before.updated
    assert register.change("d", description="").description == ""
    assert register.get("d").anonymous is Tier.NONE


@pytest.mark.parametrize("identifier", ["absent", "a\0", "x" * 500])
def test_what_is_not_there_is_unknown(register, identifier):
    for ask in (register.get, register.remove, lambda each: register.change(each, name="n")):
        with pytest.raises(DatasetUnknown) as unknown:
            ask(identifier)
        assert len(unknown.value.public) < 120


def test_a_change_by_another_process_is_seen_by_the_next_call(register, site_database):
    other = DatasetRegister(site_database)
    assert other.all() == ()
    register.add("d", "GRCh37", Tier.RECORD)
    assert other.get("d").anonymous is Tier.RECORD
    register.change("d", anonymous=Tier.NONE)
    assert other.get("d").anonymous is Tier.NONE
    register.remove("d")
    assert other.all() == ()


def test_reading_again_costs_one_query_for_one_row(register, site_database):
    register.add("d", "GRCh37")
    counted = CountedDatabase(site_database)
    reading = DatasetRegister(counted)
    reading.all()
    counted.statements.clear()
    reading.all()
    reading.get("d")
    assert counted.statements == ["SELECT number FROM governance.version"] * 2


def test_registers_used_at_once_never_see_half_a_change(register, site_database):
    seen: list[bool] = []
    stop = threading.Event()

    def read() -> None:
        reader = DatasetRegister(site_database)
        while not stop.is_set():
            seen.append(all(each.name == each.description for each in reader.all()))

    readers = [threading.Thread(target=read) for _ in range(3)]
    register.add("d", "GRCh37", name="0", description="0")
    for each in readers:
        each.start()
    for number in range(30):
        register.change("d", name=str(number), description=str(number))
    stop.set()
    for each in readers:
        each.join()
    assert seen
    assert all(seen)


def test_a_moment_saves_the_query_and_hides_no_change(register, site_database):
    moments = Moments(site_database, (COUNTER,))
    register.add("d", "GRCh37")
    counted = CountedDatabase(site_database)
    reading = DatasetRegister(counted)
    reading.all(moments.now())
    counted.statements.clear()
    before = moments.now()
    assert [each.id for each in reading.all(before)] == ["d"]
    assert counted.statements == []
    register.remove("d")
    assert reading.all(moments.now()) == ()
    assert reading.all(before) == ()  # as of then or later
