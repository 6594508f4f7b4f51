"""Accounts that were ever linked have one budget: in any order, at once, and after they hide it."""

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from database.engine import Database
from database.moments import Moments
from governance.disclosure.ledger import Ledger, Price
from governance.disclosure.told import COUNTER
from tests.governance.disclosure.books import BUDGET, VICTIM, charge, emptied, link, roots, spent

DISCLOSE = "SELECT governance.disclose(%s::bytea[], %s, %s::bytea[], %s::float8[], 1, %s)"
MINE = [f"account {each}".encode() for each in range(6)]
CHARGE = 1 / 128  # whose sums are exact


@pytest.fixture
def database(site_database: Database) -> Database:
    return emptied(site_database)


@pytest.mark.parametrize("first", [b"ABC", b"BAC", b"CAB"])
@pytest.mark.parametrize("second", [b"A", b"B", b"C"])
def test_a_token_that_does_not_say_what_is_linked_is_no_new_budget(
    database: Database, first: bytes, second: bytes
) -> None:
    """Whichever of the accounts asked when they were linked, and whichever asks alone afterwards."""
    assert charge(database, [bytes([each]) for each in first], "1")
    assert charge(database, [second], "2")
    for each in (b"A", b"B", b"C"):
        assert not charge(database, [each], "3")
        assert spent(database, each) == pytest.approx(0.2)


def test_what_a_larger_account_spent_counts_for_a_smaller_one(database: Database) -> None:
    assert charge(database, [b"C"], "1")
    assert charge(database, [b"C"], "2")
    assert not charge(database, [b"B", b"A", b"C"], "3")


def test_smaller_and_smaller_accounts_are_no_new_budgets(database: Database) -> None:
    others = [bytes([each]) for each in range(20, 0, -1)]
    told = [charge(database, [b"me", each], f"allele {each!r}") for each in others]
    assert told == [True, True, *[False] * 18]
    assert set(roots(database)) == {b"me", *others}
    assert len(set(roots(database).values())) == 1


def test_a_chain_that_is_learnt_piece_by_piece_is_one(database: Database) -> None:
    for pair in ((b"D", b"C"), (b"A", b"B"), (b"C", b"A"), (b"E", b"D")):
        link(database, *pair)
    assert charge(database, [b"E"], "1")
    assert spent(database, b"B") == pytest.approx(0.1)
    assert spent(database, b"other") == 0


def test_what_joined_accounts_had_spent_adds_up_also_beyond_the_budget(database: Database) -> None:
    for who in (b"A", b"B"):
        assert charge(database, [who], "1")
        assert charge(database, [who], "2")
    assert charge(database, [b"A", b"B"], "1")  # told before, and so again
    assert spent(database, b"A") == spent(database, b"B") == pytest.approx(0.4)
    assert not charge(database, [b"A"], "3", nats=0.001)
    assert charge(database, [b"C"], "3")


def test_of_different_answers_to_joined_accounts_always_the_oldest_is_told(database: Database) -> None:
    price, moments = Price((0.0,) * 9, 1, BUDGET), Moments(database, (COUNTER,))
    processes = [Ledger(database), Ledger(database)]

    def told(*who: bytes, number: int = 1) -> int:
        version = moments.now()[COUNTER]
        people = [bytes([each]) for each in range(number)]
        [said] = {each.charge(who, b"x", people, price, version) for each in processes}
        return said

    assert [told(b"A", number=3), told(b"C", number=7), told(b"B", number=5)] == [3, 7, 5]
    assert told(b"B", b"C") == 7
    assert [told(b"B"), told(b"C"), told(b"B"), told(b"A")] == [7, 7, 7, 3]
    assert told(b"B", b"A") == 3
    assert {told(each) for each in (b"A", b"B", b"C")} == {3}


def test_a_link_is_kept_also_where_nothing_new_is_told(database: Database) -> None:
    assert charge(database, [b"A"], "1")
    assert charge(database, [b"B", b"A"], "1")  # told again
    link(database, b"C", b"B")  # refused
    assert spent(database, b"C") == spent(database, b"A") == pytest.approx(0.1)


def test_who_waits_while_their_account_is_linked_pays_out_of_what_is_left_of_both(database: Database) -> None:
    """The link is not committed when the charge begins: it waits, and then has the wrong lock."""
    assert charge(database, [b"A"], "1")
    assert charge(database, [b"A"], "2")
    told: list[bool] = []
    asking = threading.Thread(target=lambda: told.append(charge(database, [b"B"], "3")))
    with database.unit_of_work() as work:
        work.connection.exec_driver_sql(DISCLOSE, ([b"A", b"B"], b"dear", [VICTIM], [9.0], BUDGET))
        asking.start()
        asking.join(0.5)
        assert told == []
        work.commit()
    asking.join(30)
    assert told == [False]
    assert spent(database, b"B") == pytest.approx(0.2)


def test_linked_and_unlinked_at_once_overspend_nothing(database: Database, fresh_database_url: str) -> None:
    link(database, *MINE)
    told = _in_two_processes(_ask, fresh_database_url)
    assert sum(told) == BUDGET // CHARGE == 34
    assert spent(database, MINE[0]) == sum(told) * CHARGE


def test_links_learnt_at_once_join_whom_they_should_and_nobody_waits_for_ever(
    database: Database, fresh_database_url: str
) -> None:
    linked = [each for found in _in_two_processes(_link, fresh_database_url) for each in found]
    people: dict[bytes, set[bytes]] = {}
    for each in linked:
        whole = set(each).union(*(people.get(one, ()) for one in each))
        people.update(dict.fromkeys(whole, whole))
    found = roots(database)
    for account, whole in people.items():
        joined = {each for each in found if found[each] == found.get(account)}
        assert joined == (whole if len(whole) > 1 else set())
    nats = [spent(database, account) for account in people]
    paid = [0.001 * sum(1 for each in linked if not people[account].isdisjoint(each)) for account in people]
    assert nats == pytest.approx(paid)
    assert max(paid) < BUDGET


def _ask(url: str, seed: int, results: "multiprocessing.Queue[int]") -> None:
    """Asks as some or other of the accounts of one person, more than their budget is."""
    database, random = Database(url, pool_size=20, pool_wait_seconds=60), Random(seed)
    asked = [(random.sample(MINE, random.choice((1, 1, 2, 3))), f"{seed} {each}") for each in range(300)]
    with ThreadPoolExecutor(20) as threads:
        told = list(threads.map(lambda each: charge(database, *each, nats=CHARGE), asked))
    database.dispose()
    results.put(sum(told))


def _link(url: str, seed: int, results: "multiprocessing.Queue[list[list[bytes]]]") -> None:
    """Links accounts of four people at random, while they ask."""
    database, random = Database(url, pool_size=20, pool_wait_seconds=60), Random(seed)
    linked = [_some_of_one(random) for _ in range(300)]
    with ThreadPoolExecutor(20) as threads:
        asked = enumerate(linked)
        list(threads.map(lambda each: charge(database, each[1], f"{seed} {each[0]}", nats=0.001), asked))
    database.dispose()
    results.put(linked)


def _some_of_one(random: Random) -> list[bytes]:
    person = random.randrange(4)
    return [f"{person} {random.randrange(25)}".encode() for _ in range(random.choice((1, 2, 2, 3)))]


def _in_two_processes(work: Callable[..., None], url: str) -> list[Any]:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=work, args=(url, seed, results)) for seed in (1, 2)]
    for each in processes:
        each.start()
    found = [results.get(timeout=120) for _ in processes]
    for each in processes:
        each.join(60)
    return found
