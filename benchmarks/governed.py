"""What governance costs: the same questions with it and without, over HTTP, from two web processes each.

"Bare" is the same Beacon and the same database, with everything open, nobody identified and nothing recorded
but the access log that every site writes.
"Governed" is the site as it runs: an access token whose visa was verified, forty rules beside the packs',
disclosure control under the preset `default`, and the audit trail on disk before each answer leaves. "Asked
first" are alleles that this caller has not asked of before, whose carriers are charged; "asked again" repeats
the same 200.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

import beacon.app
from benchmarks import files, site
from benchmarks.asking import BASE
from benchmarks.bare import Table, open_table
from benchmarks.client import drive, request
from benchmarks.tables import Cell, table
from database.engine import Database
from database.moments import Moments
from governance.audit.entries import Entry
from governance.caller import ANONYMOUS, Caller
from governance.datasets import Dataset
from governance.disclosure.control import Disclosure
from governance.disclosure.ledger import Ledger
from governance.disclosure.secret import Secret
from governance.disclosure.told import COUNTER as TOLD
from governance.gate import Gate
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.decision import Decided, Decision
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from insitu.logs import log_to
from insitu.web import SERVICES
from serving.front import compose
from serving.settings import ServingSettings
from tests.issuer import Issuer, trust_text
from variants.service import COUNTER as RELEASES
from variants.service import Variants

GRANT = "https://data.example/measured"
FIRST, AGAIN = 9000, 200  # alleles
COLUMNS = (
    *("question", "granularity", "connections"),
    *("bare ms", "governed ms", "ratio", "bare/s", "governed/s"),
)
_RULES = 40

Url = tuple[str, int]


class _Open:
    """A policy that gives whatever is asked for."""

    def decide(
        self, _caller: Caller, action: Action, datasets: Sequence[Dataset], _context: Context
    ) -> Decided:
        """All of it, without protection."""
        given = [Decision(each, action, action.tier, "open", exempt=True) for each in datasets if action.tier]
        return Decided(given, "open")


class _NoTrail:
    """A trail that keeps nothing."""

    def record(self, made: Entry) -> None:
        """Nothing."""


def bare(url: str, folder: str) -> ASGIApp:
    """The Beacon over a database, without governance; it logs as a site does."""
    log_to(Path(folder), "bare")
    database = Database(url)
    app = beacon.app.create_app(
        variants=Variants(database),
        register=DatasetRegister(database),
        gate=Gate(_Open(), _NoTrail()),
        disclosure=Disclosure(Ledger(database), Secret(bytes(32))),
        moments=Moments(database, (REGISTER, RELEASES, TOLD)),
        identify=lambda _: ANONYMOUS,
    )
    return compose({SERVICES["beacon"].base_path: app}, pings={}, settings=ServingSettings())


def measure(folder: Path, *, quick: bool, seconds: float) -> str:
    """The table, in Markdown."""
    home = _filled(folder, quick=quick)
    with Issuer() as issuer:
        governed_by(home, issuer)
        issuer.gives("ada", [issuer.visa("ada", value=GRANT)])
        token = issuer.access_token("ada", exp=4_000_000_000)
        with (
            site.running(home, processes=2) as governed,
            open_table(home, "measured") as held,
            site.bare("benchmarks.governed:bare", held.url, home) as without,
        ):
            sides = _Sides(without, governed, token, seconds)
            rows = list(sides.rows(held))
    return table(COLUMNS, rows)


@dataclass(frozen=True)
class _Sides:
    """The two servers, and how long each is asked."""

    bare: Url
    governed: Url
    token: str
    seconds: float

    def rows(self, held: Table) -> Iterator[list[Cell]]:
        """Every row of the table; what is "asked first" was asked in no row before."""
        fresh, share = iter(held.some[AGAIN:]), min(FIRST, (len(held.some) - AGAIN) // 4)
        for granularity in ("boolean", "count"):
            for number in (1, 16):
                points = self._messages(held, islice(fresh, share))
                yield self._row("asked first", granularity, number, points)
            for number in (1, 16):
                points = self._messages(held, held.some[:AGAIN])
                yield self._row("asked again", granularity, number, points)

    def _messages(self, held: Table, alleles: Iterable[tuple[int, str, str]]) -> list[dict[str, Any]]:
        return [
            {"referenceName": held.contig, "start": start, "referenceBases": ref, "alternateBases": alt}
            for start, ref, alt in alleles
        ]

    def _row(self, name: str, granularity: str, number: int, points: list[dict[str, Any]]) -> list[Cell]:
        more = {"requestedGranularity": granularity, "assemblyId": "GRCh37"}
        plain = [request(self.bare[0], f"{BASE}/g_variants", each | more) for each in points]
        known = [each.replace(b"\r\n\r\n", self._credentials) for each in plain]
        if name == "asked again":
            drive(self.governed, known, 4, self.seconds / 2)
        without = drive(self.bare, plain, number, self.seconds)
        governed = drive(self.governed, known, number, self.seconds)
        if name == "asked first" and len(governed.seconds) > len(points):
            raise RuntimeError("all were asked before the time was over: make the file longer")
        ratio = governed.median / without.median
        return [
            *(name, granularity, number, without.median * 1e3, governed.median * 1e3, ratio),
            *(without.rate, governed.rate),
        ]

    @property
    def _credentials(self) -> bytes:
        return f"\r\nauthorization: Bearer {self.token}\r\n\r\n".encode()


def _filled(folder: Path, *, quick: bool) -> Path:
    vcf = files.long_vcf(files.source(), 10 if quick else 150, folder)
    home = folder / "site-of-governed"
    shutil.rmtree(home, ignore_errors=True)
    words = ["--assembly", "GRCh37", "--controlled", "count", "--grant", GRANT, "--jurisdiction", "eu-gdpr"]
    site.command(home, "dataset", "add", "measured", *words)
    site.load(home, vcf.path, "measured", workers=2)
    return home


def governed_by(home: Path, issuer: Issuer) -> None:
    """Whom the site trusts, and rules until there are forty."""
    folder = home / "governance"
    folder.mkdir(exist_ok=True)
    (folder / "trust.toml").write_text(trust_text([issuer], [issuer]))
    rules = (
        f'@id("extra-{number}") forbid(principal, action, resource is Dataset)\n'
        f'when {{ context.network == "elsewhere-{number}" }};\n'
        for number in range(_RULES)
    )
    (folder / "site.cedar").write_text("".join(rules))
