"""The same attacks over HTTP: a site of its own with one dataset for each random membership.

Every identity is new to the site, attacks one person, and asks the Beacon allele by allele. Each answer is
compared with what the model says that this very site must answer.
"""

import http.client
import json
import multiprocessing
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from threading import local
from urllib.parse import urlencode, urlsplit

import numpy as np

from beacon.app import BASE_PATH, create_app
from benchmarks.attack import attackers
from benchmarks.attack.model import Model
from benchmarks.attack.people import Mask, Pool, splits
from database.embedded import EmbeddedPostgres
from database.engine import Database
from database.migrations import migrate
from database.moments import Moments
from governance.audit.trail import Trail
from governance.caller import ANONYMOUS, Caller, Identity
from governance.datasets import PROTECTIONS, Tier
from governance.disclosure import rounding
from governance.disclosure.control import Disclosure
from governance.disclosure.ledger import Ledger
from governance.disclosure.secret import Secret
from governance.gate import Gate
from governance.policy.engine import Policy
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from governance.settings import AuditSettings
from insitu.house import ROOMS
from serving.testing import served
from variants.loading.loader import Loader
from variants.service import COUNTER as RELEASES
from variants.service import Variants

QUESTIONS, REHEARSED, REHEARSALS = 1000, 120, 200
SECRET = Secret(b"attacked".ljust(32))
PRESET = "default"

Note = Callable[[str], None]
Asked = tuple[int, int, str, np.ndarray[tuple[int], np.dtype[np.int64]]]


@dataclass
class Outcome:
    """What came of it: for each attacker whether each person was a member, and the scores as they grew."""

    questions: int = 0
    differing: int = 0
    scores: dict[str, list[tuple[bool, np.ndarray[tuple[int], np.dtype[np.float64]]]]] = field(
        default_factory=dict
    )

    def table(self) -> str:
        """As Markdown."""
        asked = f"{self.questions:,} questions, {self.differing} answers other than the model's"
        rows = [
            f"Over HTTP, preset {PRESET}: {asked}.",
            "",
            "Of few people the power is known badly, and its highest value is too high: what is shown here",
            "is that the site answers as the model does.",
            "",
            "| attacker | people | highest power over HTTP | after questions |",
            "|---|---|---|---|",
        ]
        for name, found in self.scores.items():
            power, after = _power(found)
            rows.append(f"| {name} | {len(found)} | {power:.3f} | {after} |")
        return "\n".join(rows)


def ask(pool: Pool, folder: Path, *, seeds: int, persons: int, note: Note) -> Outcome:
    """Attacks `persons` people of each of `seeds` memberships, half of them members."""
    inside = splits(pool.people, range(seeds + REHEARSALS))
    outcome = Outcome()
    with ExitStack() as stack:
        url, alleles = stack.enter_context(_site(pool, inside[:seeds], folder, note))
        threads = stack.enter_context(ThreadPoolExecutor(4))
        client = stack.enter_context(closing(_Client(url, pool)))
        about = _About(pool, inside, alleles, seeds)
        attacks = list(_attacks(pool, inside[:seeds], persons))
        note(f"{sum(len(each[3]) for each in attacks):,} questions over HTTP")
        for attack, answers in zip(attacks, threads.map(client.attack, attacks), strict=True):
            _judge(about, attack, answers, outcome)
    return outcome


def _attacks(pool: Pool, inside: Mask, persons: int) -> Iterator[Asked]:
    least = Model(pool, inside[:1], PROTECTIONS[PRESET], 10**5).least
    for seed, members in enumerate(inside):
        random = np.random.default_rng([5, seed])
        some = [*random.permutation(np.flatnonzero(members))[: (persons + 1) // 2]]
        some += [*random.permutation(np.flatnonzero(~members))[: persons // 2]]
        for person in map(int, some):
            yield seed, person, "naive likelihood ratio", attackers.at_random(pool, person, QUESTIONS)
            yield seed, person, "rarest first", attackers.rarest_first(pool, person, QUESTIONS)
            known = attackers.from_frequency(pool, person, REHEARSED, least, distinct=True)
            yield seed, person, "informed", known


@dataclass(frozen=True)
class _About:
    """What the attacks are about: `inside` are the memberships asked, and behind them those rehearsed on."""

    pool: Pool
    inside: Mask
    alleles: int
    seeds: int


def _judge(about: _About, attack: Asked, answers: list[bool], outcome: Outcome) -> None:
    pool, inside, alleles, seeds = about.pool, about.inside, about.alleles, about.seeds
    seed, person, name, asked = attack
    lots = np.array([_lot(seed, spelled) for spelled in pool.spelled])
    model = Model(pool, inside[[seed]], PROTECTIONS[PRESET], alleles, lots)
    outcome.questions += len(asked)
    expected = [bool(model.ask(int(each))[0]) for each in asked]
    outcome.differing += sum(one != other for one, other in zip(answers, expected, strict=True))
    told = np.array(answers)[:, None]
    if name == "informed":
        rehearsal = Model(pool, inside[seeds:], PROTECTIONS[PRESET], alleles)
        rehearsed = np.stack([rehearsal.ask(int(each)) for each in asked])
        score = attackers.read_knowingly(told, rehearsed, inside[seeds:, person])
    else:
        score = attackers.read_naively(pool, asked, told)
    outcome.scores.setdefault(name, []).append((bool(inside[seed, person]), score[:, 0]))


def _power(found: Sequence[tuple[bool, np.ndarray[tuple[int], np.dtype[np.float64]]]]) -> tuple[float, int]:
    """The highest power over the lengths, the line drawn over all others together; and that length."""
    longest = max(len(score) for _, score in found)
    steps = sorted({1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, longest})
    member = np.array([each for each, _ in found])[None, :]
    powers = []
    for step in (each for each in steps if each <= longest):
        scores = np.array([score[min(step, len(score)) - 1] for _, score in found])[:, None]
        powers.append((attackers.power(scores, member), step))
    return max(powers)


def _lot(seed: int, spelled: tuple[str, int, str, str]) -> float:
    """The lot of an allele in the dataset of a seed, as the site draws it."""
    contig, position, reference, alternate = spelled
    name = f"GRCh37-{contig}-{position}-{reference}-{alternate}"
    return rounding.draw(SECRET.raw, _dataset(seed), [SECRET.key("allele", name)])


def _dataset(seed: int) -> str:
    return f"members-{seed}"


class _Client:
    """Asks over sockets that are kept, one for each thread."""

    def __init__(self, url: str, pool: Pool) -> None:
        self._address = urlsplit(url).netloc
        self._pool = pool
        self._mine = local()
        self._all: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Closes every socket."""
        for each in self._all:
            each.close()

    def attack(self, attack: Asked) -> list[bool]:
        """The answers to one identity."""
        seed, person, name, asked = attack
        headers = {"Authorization": f"Bearer {name} {seed} {person}", "Accept": "application/json"}
        return [self._ask(seed, int(each), headers) for each in asked]

    def _ask(self, seed: int, allele: int, headers: dict[str, str]) -> bool:
        contig, position, reference, alternate = self._pool.spelled[allele]
        query = urlencode(
            {
                "assemblyId": "GRCh37",
                "referenceName": contig,
                "start": position - 1,
                "referenceBases": reference,
                "alternateBases": alternate,
                "datasetIds": _dataset(seed),
                "requestedGranularity": "boolean",
            }
        )
        if not hasattr(self._mine, "http"):
            self._mine.http = http.client.HTTPConnection(self._address, timeout=60)
            self._all.append(self._mine.http)
        self._mine.http.request("GET", f"{BASE_PATH}/g_variants?{query}", headers=headers)
        answer = self._mine.http.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:500]!r}")
        return bool(json.loads(body)["responseSummary"]["exists"])


# --- the site


@contextmanager
def _site(pool: Pool, inside: Mask, folder: Path, note: Note) -> Iterator[tuple[str, int]]:
    """The site's URL while it runs in a process of its own, and how many alleles it has."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        server = EmbeddedPostgres(folder / "postgres")
        url = server.start()
        stack.callback(server.stop)
        alleles = _fill(url, pool, inside, folder, note)
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(url, folder, theirs))
        process.start()
        theirs.close()  # so that a site that dies is noticed: the pipe ends
        stack.callback(process.join, 30)
        stack.callback(process.terminate)
        yield ours.recv(), alleles


def _fill(url: str, pool: Pool, inside: Mask, folder: Path, note: Note) -> int:
    database = Database(url)
    migrate(database, ROOMS)
    register = DatasetRegister(database)
    for seed, members in enumerate(inside):
        path = folder / "members.vcf"
        _write(path, pool, seed, np.flatnonzero(members))
        protection = PROTECTIONS[PRESET]
        dataset = register.add(_dataset(seed), "GRCh37", Tier.BOOLEAN, protection=protection)
        with Loader(database) as loader:
            loader.run(loader.plan(dataset, [path]))
        note(f"loaded membership {seed + 1} of {len(inside)}")
    alleles = sum(each.alleles for each in Variants(database).releases().values())
    database.dispose()
    return alleles


def _write(path: Path, pool: Pool, seed: int, members: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    names = [
        f"M{seed}-{person}" for person in members
    ]  # people of different memberships are different people
    columns = "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *names])
    with path.open("w") as out:
        out.write("##fileformat=VCFv4.3\n##contig=<ID=20,length=63025520,assembly=GRCh37>\n")
        out.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        out.write(columns + "\n")
        for (contig, position, reference, alternate), calls in zip(
            pool.spelled, pool.carries[:, members], strict=True
        ):
            said = "\t".join(np.where(calls, "0|1", "0|0"))
            out.write(f"{contig}\t{position}\t.\t{reference}\t{alternate}\t.\t.\t.\tGT\t{said}\n")


def _identify(authorization: str | None) -> Caller:
    """Whoever says a name is of that name: who asks is not what is measured here."""
    if authorization is None:
        return ANONYMOUS
    identity = Identity("https://issuer.example", authorization)
    return Caller(identity=identity, person=identity)


def _serve(url: str, folder: Path, ours: Connection) -> None:
    database = Database(url)
    app = create_app(
        variants=Variants(database),
        register=DatasetRegister(database),
        gate=Gate(Policy(), Trail(database, folder, AuditSettings())),
        disclosure=Disclosure(Ledger(database), SECRET),
        moments=Moments(database, (REGISTER, RELEASES)),
        identify=_identify,
    )
    with served(app) as address:
        ours.send(address)
        signal.pause()  # until the process is ended
