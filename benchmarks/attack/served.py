"""The attacks over HTTP: a real site is asked, and each of its answers compared with the model's.

An identity attacks one person in all memberships with each question, for each membership is a dataset: see
`benchmarks.attack.memberships`. What it asks does not depend on who is a member.
"""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.attack import attackers
from benchmarks.attack.asking import Attack, Client
from benchmarks.attack.judging import Judge
from benchmarks.attack.measure import KNOWING, QUESTIONS, Note
from benchmarks.attack.people import Pool, splits
from benchmarks.attack.powers import Served, served
from benchmarks.attack.site import Site, standing

_NOTED_SECONDS = 30.0


@dataclass(frozen=True)
class Wanted:
    """How much is asked: of the first `seeds` memberships, by naive attackers about so many people.

    `fewest` names the presets, and with how many carriers the alleles begin that an informed attacker asks
    about; there are `informed` people whom that is done to.
    """

    seeds: int
    persons: int
    informed: int
    fewest: Mapping[str, int]
    rehearsals: int = 200


@dataclass(frozen=True)
class Outcome:
    """What came of it: each attacker's curve, and how many answers were not those of the model."""

    curves: tuple[Served, ...]
    datasets: int
    alleles: int
    questions: int
    answers: int
    differing: int
    seconds: float


def ask(pool: Pool, folder: Path, wanted: Wanted, note: Note) -> Outcome:
    """The attacks, on a site that stands in `folder` as long as that takes."""
    inside, presets = splits(pool.people, range(wanted.seeds + wanted.rehearsals)), tuple(wanted.fewest)
    with standing(pool, inside[: wanted.seeds], presets, folder, note) as site:
        judge = Judge(pool, inside, wanted.seeds, presets)
        began = time.monotonic()
        _attack(site, pool, list(_attacks(pool, wanted)), judge, note)
        seconds = time.monotonic() - began
    note("how sure the powers over HTTP are")
    asked = inside[: wanted.seeds]
    curves = tuple(served(pool, asked, *names, found) for names, found in judge.found.items())
    return Outcome(
        curves=tuple(sorted(curves, key=lambda each: presets.index(each.protection))),
        datasets=wanted.seeds * len(presets),
        alleles=site.alleles,
        questions=judge.questions,
        answers=judge.answers,
        differing=judge.differing,
        seconds=seconds,
    )


def _attacks(pool: Pool, wanted: Wanted) -> Iterator[Attack]:
    """Every identity's questions, about people at random, the same in all memberships."""
    people = list(map(int, np.random.default_rng([5]).permutation(pool.people)))
    presets, seeds = tuple(wanted.fewest), wanted.seeds
    for person in people[: wanted.persons]:
        asked = attackers.at_random(pool, person, QUESTIONS)
        yield Attack("naive likelihood ratio", presets, seeds, person, asked, QUESTIONS)
        asked = attackers.rarest_first(pool, person, QUESTIONS)
        yield Attack("rarest first", presets, seeds, person, asked, QUESTIONS)
    for person in people[: wanted.informed]:
        for preset, fewest in wanted.fewest.items():
            asked = attackers.from_frequency(pool, person, KNOWING, fewest, distinct=True)
            yield Attack("informed", (preset,), seeds, person, asked, KNOWING, rehearses=True)


def _attack(site: Site, pool: Pool, attacks: list[Attack], judge: Judge, note: Note) -> None:
    """As many identities at a time as there are web processes: more only wait for each other."""
    questions = sum(len(each.asked) for each in attacks)
    note(f"{questions:,} questions over HTTP")
    began = noted = time.monotonic()
    with ExitStack() as stack:
        client = stack.enter_context(closing(Client(site.urls, pool)))
        threads = stack.enter_context(ThreadPoolExecutor(len(site.urls)))
        stack.callback(threads.shutdown, cancel_futures=True)
        for attack, answers in zip(attacks, threads.map(client.attack, attacks), strict=True):
            judge.take(attack, answers)
            if time.monotonic() > noted + _NOTED_SECONDS:
                noted = time.monotonic()
                rate = judge.answers / (noted - began)
                note(
                    f"{judge.questions:,} of {questions:,} questions asked, {rate:,.0f} answers a second, "
                    f"{judge.differing} other than the model's"
                )
