"""Many clients at once, each with a question of its own: every answer belongs to its question."""

import http.client
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from variants.domain.question import Question

from . import brute, wire
from .datasets import Shelf
from .living import Site
from .questions import Asker

CLIENTS = 64
BASE = "/ga4gh/beacon/v2"


@dataclass(frozen=True, slots=True)
class Known:
    """A question as it is sent, and the number of alleles it finds."""

    sent: dict[str, Any]
    filters: list[str]
    query: str
    expected: int


@dataclass(slots=True)
class Tally:
    """How many answers came, and what was wrong with those that were not their question's."""

    answers: int = 0
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def known_and_address(shelf: Shelf) -> Iterator[tuple[list[Known], tuple[str, int]]]:
    """Questions about the made crowd, and a site of two web processes on the database that holds it."""
    known = _questions(shelf["crowd"].oracle)
    with tempfile.TemporaryDirectory(prefix="insitu-many-") as folder:
        site = Site(Path(folder), {"INSITU_DATABASE_URL": shelf.url})
        with site.running(processes=2) as address:
            yield known, address


def test_64_clients_each_get_the_answer_to_their_own_question(
    known_and_address: tuple[list[Known], tuple[str, int]],
) -> None:
    _ask_at_once(*known_and_address, seconds=3)


@pytest.mark.slow
def test_64_clients_each_get_the_answer_to_their_own_question_for_half_a_minute(
    known_and_address: tuple[list[Known], tuple[str, int]],
) -> None:
    _ask_at_once(*known_and_address, seconds=30)


def _questions(oracle: brute.Oracle) -> list[Known]:
    """As many different questions as there are clients, several times over, and their brute-force answers."""
    known: dict[str, Known] = {}
    for asked in Asker(oracle, "GRCh37", seed=4, people=False).ask(4 * CLIENTS * 3):
        if wire.can_be_sent(asked.question):
            query = urlencode(wire.query(asked.question, "crowd", "count", 10))
            expected = len(oracle.answer(asked.question))
            known.setdefault(query, _known(asked.question, query, expected))
    assert len(known) >= 4 * CLIENTS
    return list(known.values())


def _known(question: Question, query: str, expected: int) -> Known:
    return Known(wire.parameters(question), wire.filters(question), query, expected)


def _ask_at_once(known: list[Known], address: tuple[str, int], seconds: float) -> None:
    tallies = [Tally() for _ in range(CLIENTS)]
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_client, args=(number, known[number::CLIENTS], address, end, tally))
        for number, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [wrong for tally in tallies for wrong in tally.wrong] == []
    assert all(tally.answers for tally in tallies)


def _client(number: int, known: list[Known], address: tuple[str, int], end: float, tally: Tally) -> None:
    """Asks its own questions, no other client's, over one kept-alive connection."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    rng = random.Random(number)
    while time.monotonic() < end and len(tally.wrong) < 3:
        each = rng.choice(known)
        connection.request("GET", f"{BASE}/g_variants?{each.query}")
        answer = connection.getresponse()
        told = json.loads(answer.read())
        tally.answers += 1
        if problem := _problem(each, answer.status, told):
            tally.wrong.append(f"{each.query}: {problem}")
    connection.close()


def _problem(each: Known, status: int, told: dict[str, Any]) -> str | None:
    if status != 200:
        return f"{status} {told}"
    summary = told["meta"]["receivedRequestSummary"]
    echoed = summary.get("requestParameters", {}).get("g_variant", {}), summary.get("filters", [])
    if echoed != (each.sent, each.filters):
        return f"answers another question: {echoed}"
    found = told["responseSummary"]["numTotalResults"]
    return None if found == each.expected else f"{found} instead of {each.expected}"
