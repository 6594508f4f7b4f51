"""One identity's questions to a Beacon: a person's alleles, each asked of many memberships at once."""

import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from threading import local
from urllib.parse import urlencode, urlsplit

import numpy as np
import orjson

from beacon.app import BASE_PATH
from benchmarks.attack.attackers import Order
from benchmarks.attack.memberships import dataset
from benchmarks.attack.people import Mask, Pool


@dataclass(frozen=True)
class Attack:
    """What an attacker asks about one person, at `most` so many questions, as an identity new to the site.

    It asks the first `seeds` memberships under each of the presets, which hold different people: the identity
    has a budget for the person in each of them. Who `rehearses` knows what members are answered, and others.
    """

    attacker: str
    presets: tuple[str, ...]
    seeds: int
    person: int
    asked: Order
    most: int
    rehearses: bool = False

    @property
    def identity(self) -> str:
        """Who asks."""
        return f"{self.attacker} {'+'.join(self.presets)} {self.person}"

    @property
    def datasets(self) -> list[str]:
        """Of what it is asked, preset by preset."""
        return [dataset(preset, seed) for preset in self.presets for seed in range(self.seeds)]


class Client:
    """Asks over sockets that are kept, one for each thread: of each web process by turns."""

    def __init__(self, urls: Sequence[str], pool: Pool) -> None:
        self._addresses = cycle(urlsplit(url).netloc for url in urls)
        self._pool = pool
        self._mine = local()
        self._all: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Closes every socket."""
        for each in self._all:
            each.close()

    def attack(self, attack: Attack) -> Mask:
        """The answers `[question, dataset]`: an identity asks one after the other, for its budgets shrink."""
        return np.array([self._ask(attack, int(each)) for each in attack.asked], np.bool_)

    def _ask(self, attack: Attack, allele: int) -> list[bool]:
        path = f"{BASE_PATH}/g_variants?{self._query(attack, allele)}"
        try:
            body = self._get(path, attack.identity)
        except ConnectionError:  # the site closes a socket that was silent long; to ask again costs no budget
            self._http.close()
            body = self._get(path, attack.identity)
        said = {each["id"]: each["exists"] for each in orjson.loads(body)["info"]["datasets"]}
        return [said[each] for each in attack.datasets]

    def _get(self, path: str, identity: str) -> bytes:
        headers = {"Authorization": f"Bearer {identity}", "Accept": "application/json"}
        self._http.request("GET", path, headers=headers)
        answer = self._http.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:500]!r}")
        return body

    def _query(self, attack: Attack, allele: int) -> str:
        contig, position, reference, alternate = self._pool.spelled[allele]
        return urlencode(
            {
                "assemblyId": "GRCh37",
                "referenceName": contig,
                "start": position - 1,
                "referenceBases": reference,
                "alternateBases": alternate,
                "datasetIds": ",".join(attack.datasets),
                "requestedGranularity": "boolean",
                "includeResultsetResponses": "ALL",
            },
            safe=",",
        )

    @property
    def _http(self) -> http.client.HTTPConnection:
        if not hasattr(self._mine, "http"):
            self._mine.http = http.client.HTTPConnection(next(self._addresses), timeout=120)
            self._all.append(self._mine.http)
        found: http.client.HTTPConnection = self._mine.http
        return found
