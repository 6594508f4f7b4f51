"""The budget over a real database: never overspent, the same answer again, whoever asks and however often."""

import multiprocessing
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from database.engine import Database
from governance.caller import ANONYMOUS, Caller, Identity
from governance.datasets import PROTECTIONS, Dataset, Protection, Tier
from governance.disclosure import charges
from governance.disclosure.control import ALLELE, Disclosure, Guard
from governance.disclosure.errors import SecretLost
from governance.disclosure.ledger import Ledger, Price
from governance.disclosure.secret import Secret
from governance.policy.actions import Action
from governance.policy.decision import Decision
from governance.policy.obligations import Kind, Obligation

SECRET = Secret(b"s" * 32)
PEOPLE = [f"P{each}" for each in range(300)]
LEAST = charges.least_tellable(300, 5, 0.3)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def decision(dataset: str = "d", protection: Protection = PROTECTIONS["default"], **more: object) -> Decision:
    made = Dataset(dataset, "GRCh37", Tier.COUNT, dataset, "", NOW, NOW, protection=protection)
    return replace(Decision(made, Action.BEACON_COUNT, Tier.COUNT, "test", vouched=True), **more)


def somebody(name: str, linked: str | None = None) -> Caller:
    identity = Identity("https://idp", name)
    return Caller(identity=identity, person=Identity("https://idp", linked) if linked else identity)


def guard(database: Database, caller: Caller, **more: object) -> Guard:
    return Disclosure(Ledger(database), SECRET).guard(caller, decision(**more))


def keys(people: list[str]) -> list[bytes]:
    return [SECRET.person(each) for each in people]


def spent(database: Database, asked: Guard, people: list[str]) -> float:
    return Ledger(database).most_spent(asked._who, keys(people))


@pytest.fixture
def database(site_database: Database) -> Database:
    return site_database


def test_a_yes_charges_every_carrier_and_is_free_again(database: Database) -> None:
    asked = guard(database, somebody("a"))
    carriers = PEOPLE[:8]
    for _ in range(3):
        assert asked.tell("20-1-A-T", carriers, 300) == 8
        assert spent(database, asked, carriers) == pytest.approx(charges.of_telling(8, 300, LEAST))
    assert spent(database, asked, PEOPLE[8:]) == 0
    assert spent(database, guard(database, somebody("other")), carriers) == 0


def test_whoever_could_not_pay_is_as_if_absent(database: Database) -> None:
    asked = guard(database, somebody("b"))
    victim, others = PEOPLE[0], PEOPLE[100:200]
    assert asked.tell("first", [victim, *others[:7]], 300) == 8
    assert asked.tell("second", [victim, *others[10:18]], 300) == 9
    assert asked.tell("third", [victim, *others[20:27]], 300) == 7  # which was all of the victim's budget
    paid = charges.of_telling(8, 300, LEAST) + charges.of_telling(9, 300, LEAST)
    assert spent(database, asked, [victim]) == pytest.approx(paid)
    assert spent(database, asked, others[20:27]) == pytest.approx(charges.of_telling(7, 300, LEAST))


def test_no_is_no_again_and_costs_only_those_who_were_nearly_told_of(database: Database) -> None:
    asked = guard(database, somebody("d"))
    for _ in range(2):
        assert asked.tell("few", PEOPLE[:4], 300) == 0
        assert asked.tell("none", [], 300) == 0
    assert spent(database, asked, PEOPLE) == 0
    for number in range(
        1, 12
    ):  # one after another costs a person a tenth of their budget, while there is any
        for _ in range(2):
            assert (
                asked.tell(f"nearly {number}", [PEOPLE[0], *PEOPLE[10 * number : 10 * number + 4]], 300) == 0
            )
        nats = charges.REFUSED * 0.3 * min(number, 4)
        assert spent(database, asked, PEOPLE[:1]) == pytest.approx(nats)
    assert asked.tell("told", PEOPLE[:8], 300) == 7


def test_what_costs_nothing_writes_nothing_that_was_spent(database: Database) -> None:
    asked = guard(database, somebody("free"))
    for number in range(3):
        assert asked.tell(f"few {number}", PEOPLE[:4], 300) == 0
        assert asked.tell(f"none {number}", [], 300) == 0
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM governance.disclosure_spent WHERE identity = %s", asked._who)
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM governance.disclosed WHERE identity = %s", asked._who)
        assert cursor.fetchone() == (6,)


def test_people_who_spent_all_but_little_still_pay_the_smallest_charges(database: Database) -> None:
    """So that an allele that nearly all are told of free is not told apart from one that all are."""
    asked = guard(database, somebody("spent"))
    for number, size in enumerate((7, 9)):
        asked.tell(f"spend {number}", [*PEOPLE[:3], *PEOPLE[10 + 10 * number : 7 + 10 * number + size]], 300)
    common = asked.unwritten(300)
    assert asked.tell("almost", PEOPLE[: common - 1], 300) == common - 1


def test_what_was_written_without_nobody_is_not_read_as_if_with(database: Database) -> None:
    asked = guard(database, somebody("old"))
    old = asked._thing("allele", "x", set(keys(PEOPLE[:6])))
    Ledger(database).charge(asked._who, old, keys(PEOPLE[50:56]), Price([0.0] * 6, 1, 0.3))
    assert asked.tell("x", PEOPLE[:6], 300) == 6


def test_anonymous_callers_share_one_budget_for_each_dataset(database: Database) -> None:
    first, again = guard(database, ANONYMOUS), guard(database, Caller())
    assert first.tell("x", PEOPLE[:8], 300) == 8
    assert spent(database, again, PEOPLE[:8]) > 0
    assert spent(database, guard(database, ANONYMOUS, dataset="another"), PEOPLE[:8]) == 0


def test_linked_accounts_are_one_and_what_they_learnt_before_counts(database: Database) -> None:
    alone = guard(database, somebody("z"))
    assert alone.tell("x", PEOPLE[:8], 300) == 8
    linked = guard(database, somebody("z", linked="y"))
    assert spent(database, linked, PEOPLE[:8]) == spent(database, alone, PEOPLE[:8]) > 0
    assert linked.tell("x", PEOPLE[:8], 300) == 8
    third = guard(database, somebody("y"))
    assert linked.tell("w", PEOPLE[20:28], 300) == 8
    assert spent(database, third, PEOPLE[20:28]) > 0


def test_a_person_has_one_budget_in_all_datasets(database: Database) -> None:
    asker = somebody("e")
    assert guard(database, asker, dataset="one").tell("x", PEOPLE[:8], 300) == 8
    two = guard(database, asker, dataset="two")
    assert two.tell("y", PEOPLE[:8], 300) == 8
    assert two.tell("z", PEOPLE[:8], 300) == 0


def test_another_release_with_other_carriers_is_another_answer(database: Database) -> None:
    asked = guard(database, somebody("f"))
    assert asked.tell("x", PEOPLE[:10], 300) == 10
    before = spent(database, asked, PEOPLE[:10])
    assert asked.tell("x", PEOPLE[:11], 301) == 11
    assert spent(database, asked, PEOPLE[:10]) > before
    assert asked.tell("x", PEOPLE[:10], 300) == 10


def test_exempt_answers_are_not_protected(database: Database) -> None:
    assert guard(database, ANONYMOUS, exempt=True).open
    assert guard(database, ANONYMOUS, protection=PROTECTIONS["none"]).open
    assert not guard(database, ANONYMOUS, protection=Protection(threshold=5, budget=None)).open
    rounds = guard(database, ANONYMOUS, exempt=True, obligations=(Obligation(Kind.ROUND, "10"),))
    assert (rounds.open, rounds.step) == (True, 10)
    assert [rounds.rounded(number, PEOPLE[:number]).value for number in (0, 1, 20)] == [0, 10, 20]


def test_counts_are_rounded_and_hide_small_complements(database: Database) -> None:
    asked = guard(database, somebody("g"))
    for number in range(300):
        told = guard(database, somebody(f"g{number}")).count(PEOPLE[:number], 300)
        if number < 5:
            assert told.value == 0
        elif number > 295:
            assert told.value == 300  # told as if all
        else:
            assert told.value is not None
            assert told.value % 5 == 0
            assert 5 <= told.value <= 300
            assert abs(told.value - number) < 5
    assert asked.count(PEOPLE[:50], 300) == guard(database, somebody("h")).count(PEOPLE[:50], 300)


def test_a_count_of_everybody_is_the_size_and_costs_nothing(database: Database) -> None:
    for number in (296, 298, 300):
        asked = guard(database, somebody(f"all {number}"))
        told = {guard(database, somebody("all"), dataset=each).count(PEOPLE[:number], 300) for each in "dt"}
        assert told == {asked.size(300)}
        assert spent(database, asked, PEOPLE) == 0
    assert spent(database, guard(database, somebody("all")), PEOPLE) == 0


def test_the_same_people_are_the_same_number_in_every_dataset(database: Database) -> None:
    for number in range(51, 60):
        one, two = (guard(database, somebody("n"), dataset=each) for each in ("one", "two"))
        assert one.count(PEOPLE[:number], 300) == two.count(PEOPLE[:number], 300)


def test_one_answer_writes_no_more_rows_than_it_may(database: Database) -> None:
    asked = guard(database, somebody("rows"))
    crowd = [f"C{each}" for each in range(5_500)]
    assert asked.count(crowd, 6_000).value is not None
    assert spent(database, asked, crowd) == 0


def test_telling_writes_no_more_rows_than_it_may_and_none_of_what_is_common(database: Database) -> None:
    crowd = [f"C{each}" for each in range(5_500)]
    asked = guard(database, somebody("crowded"))
    assert asked.tell("common", crowd[:50], 6_000) == 50
    narrow = guard(database, somebody("narrow"), protection=Protection(threshold=5_200, budget=0.01))
    assert narrow.unwritten(6_000) > 5_300
    assert narrow.tell("crowd", crowd[:5_300], 6_000) == 5_300
    for each in (asked, narrow):
        assert spent(database, each, crowd) == 0
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM governance.disclosed WHERE identity = %s", asked._who)
        assert cursor.fetchone() == (0,)


def test_counts_that_differ_by_one_person_do_not_tell_the_person(database: Database) -> None:
    """A against A and B: over many pairs the difference of what is told is as often below as above."""
    random, differences = Random(4), Counter[int]()
    for pair in range(60):
        asked = guard(database, somebody(f"pair{pair}"))
        some = random.sample(PEOPLE, 53)
        whole, without = asked.count(some, 300).value, asked.count(some[1:], 300).value
        assert whole is not None
        assert without is not None
        differences[whole - without] += 1
    assert differences[-5] > 3
    assert differences[5] > 3
    assert differences[0] > 10


def test_a_count_that_nobody_can_pay_is_withheld(database: Database) -> None:
    asked = guard(database, somebody("i"))
    told = [asked.count([*PEOPLE[:40], PEOPLE[100 + each]], 300).value for each in range(60)]
    assert told[0] in (40, 45)
    assert told[-1] is None
    assert spent(database, asked, PEOPLE) <= charges.written_budget(0.3)
    assert asked.count([*PEOPLE[:40], PEOPLE[100]], 300).value == told[0]  # what was told stays told


def test_counts_of_very_many_are_paid_together_and_end(database: Database) -> None:
    many = [f"M{each}" for each in range(12_000)]
    asked = guard(database, somebody("j"), dataset="many")
    told = [asked.count(many[each:-1_000], 24_000).value for each in range(200)]
    assert told[0] is not None
    assert told[-1] is None
    assert spent(database, asked, many) == 0


def question(each: int) -> tuple[str, list[str]]:
    return f"allele {each}", Random(each).sample(PEOPLE[:40], 7 + each % 9)


def _spend(url: str, seed: int, results: "multiprocessing.Queue[float]") -> None:
    database = Database(url, pool_size=20, pool_wait_seconds=60)
    asked = guard(database, somebody("crowd"))
    random = Random(seed)
    questions = [question(each) for each in random.sample(range(300), 200)]
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(lambda each: (each[0], asked.tell(*each, 300)), questions))
    database.dispose()
    results.put(dict(answers))


def test_no_budget_is_overspent_by_64_threads_in_two_processes(
    database: Database, fresh_database_url: str
) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_spend, args=(fresh_database_url, seed, results)) for seed in (1, 2)]
    for each in processes:
        each.start()
    answers = [results.get(timeout=120) for _ in processes]
    for each in processes:
        each.join(60)
    asked = guard(database, somebody("crowd"))
    assert 0 < spent(database, asked, PEOPLE) <= charges.written_budget(0.3) + 1e-12
    told = [{name: number for name, number in each.items() if number} for each in answers]
    assert any(told)
    for name in told[0].keys() & told[1].keys():
        assert told[0][name] == told[1][name]
    # What is in the books is what was told, no more and no less.
    books = dict.fromkeys(keys(PEOPLE), 0.0)
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, nats FROM governance.disclosure_spent WHERE identity = %s", (asked._who[0],)
        )
        books.update({bytes(person): nats for person, nats in cursor.fetchall()})
    expected = 0.0
    for each in range(300):
        name, people = question(each)
        members = asked._keys(people)
        number = disclosed(database, asked, name, members) - 1
        if number > 0:
            expected += number * charges.prices_of_telling(number, 300, 5, 0.3)[-1]
    paid = {name: nats for name, nats in books.items() if name in set(keys(PEOPLE))}
    assert sum(paid.values()) == pytest.approx(expected)


def disclosed(database: Database, asked: Guard, name: str, members: set[bytes]) -> int:
    """What the books say of an answer; 0 where it was not given."""
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT value FROM governance.disclosed WHERE identity = %s AND thing = %s",
            (asked._who[0], asked._thing(ALLELE, name, members)),
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def test_another_secret_is_refused(database: Database) -> None:
    ledger = Ledger(database)
    ledger.check(SECRET)
    ledger.check(SECRET)
    with pytest.raises(SecretLost, match="under another secret"):
        ledger.check(Secret(b"t" * 32))


def test_tables_name_nobody(database: Database) -> None:
    guard(database, somebody("Ann Example")).tell("20-5-A-T", PEOPLE[:9], 300)
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity || person FROM governance.disclosure_spent "
            "UNION SELECT identity || thing FROM governance.disclosed"
        )
        seen = b"".join(bytes(row[0]) for row in cursor.fetchall())
    assert seen
    assert b"Ann" not in seen
    assert not any(each.encode() in seen for each in PEOPLE if len(each) == 4)
