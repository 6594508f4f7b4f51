"""DRS over a million registered objects: with governance and without, over HTTP, from two web processes each.

"Bare" is the same DRS over the same database, with everything open, nobody identified and nothing recorded
but the access log. "Governed" is the site as it runs: an access token whose visa was verified, forty rules
beside the packs', and the audit trail on disk before each answer leaves. "SQL" is one query by one connection
for the same rows, fetched and thrown away. Objects are registered by a manifest, by reference: nothing is
read.
"""

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from starlette.types import ASGIApp

from benchmarks import site
from benchmarks.client import drive
from benchmarks.governed import GRANT, Url, governed_by
from benchmarks.tables import Cell, table
from database.embedded import EmbeddedPostgres
from database.engine import Database
from drs.app import BASE_PATH, Ground, create_app
from drs.storage.store import Stores
from drs.store import objects as store
from governance.audit.entries import Entry
from governance.caller import ANONYMOUS, Caller
from governance.datasets import Dataset, Tier
from governance.gate import Gate
from governance.keys.fetching import Http
from governance.passport.clearinghouse import Clearinghouse
from governance.passport.trustfile import TrustFile
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.decision import Decided, Decision
from governance.register import DatasetRegister
from insitu.logs import log_to
from serving.front import compose
from serving.settings import ServingSettings
from tests.issuer import Issuer, trust_text

COLUMNS = (
    *(
        "asked",
        "connections",
        "bare ms",
        "governed ms",
        "rate, governed to bare",
        "bare/s",
        "governed/s",
        "SQL ms",
    ),
)
OBJECTS, QUICK = 1_000_000, 20_000
_SOME = 5_000  # ids that are asked, of all
_VISAS = 100


class _Open:
    """A policy that gives whatever is asked for."""

    def decide(
        self, _caller: Caller, action: Action, datasets: Sequence[Dataset], _context: Context
    ) -> Decided:
        """All of it."""
        return Decided([Decision(each, action, Tier.NONE, "open") for each in datasets], "open")


class _NoTrail:
    """A trail that keeps nothing."""

    def record(self, made: Entry) -> None:
        """Nothing."""


def bare(url: str, folder: str) -> ASGIApp:
    """DRS over a database, without governance; it logs as a site does."""
    log_to(Path(folder), "bare")
    database = Database(url)
    gate = Gate(_Open(), _NoTrail())  # type: ignore[arg-type]
    ground = Ground(database, DatasetRegister(database), gate, Stores([]), bytes(32))
    app = create_app(ground.objects(), identify=lambda *_: ANONYMOUS)
    return compose({BASE_PATH: app}, pings={}, settings=ServingSettings())


def measure(folder: Path, *, quick: bool, seconds: float) -> str:
    """The tables, in Markdown."""
    number = QUICK if quick else OBJECTS
    home = folder / "site-of-drs"
    registered = _filled(home, number)
    with Issuer() as issuer:
        governed_by(home, issuer)
        issuer.gives("ada", [issuer.visa("ada", value=GRANT)])
        token = issuer.access_token("ada", exp=4_000_000_000)
        with site.running(home, processes=2) as governed, _database(home) as database:
            ids = _some(database)
            url = str(database.url.render_as_string(hide_password=False))
            with site.bare("benchmarks.drs:bare", url, home) as without:
                rows = list(_Sides(database, without, governed, token, ids, seconds).rows())
        passport = _passport(home, issuer)
    return "\n\n".join([
        f"{number:,} objects registered in {registered:.0f} s: {number / registered:,.0f} a second.",
        table(COLUMNS, rows),
        passport,
    ])  # fmt: skip


def _filled(home: Path, number: int) -> float:
    """The seconds that it takes to register so many objects by a manifest."""
    shutil.rmtree(home, ignore_errors=True)
    words = ["--assembly", "GRCh37", "--download", "controlled", "--grant", GRANT]
    site.command(home, "dataset", "add", "measured", *words)
    files, manifest = home.parent / "drs-files", home.parent / "drs-manifest.jsonl"
    files.mkdir(exist_ok=True)
    (home / "storage").mkdir()
    (home / "storage" / "stores.toml").write_text(f'[[store]]\nname = "files"\nurl = "{files}"\n')
    with manifest.open("w") as out:
        for each in range(number):
            sums = {"sha-256": f"{each:064x}", "md5": f"{each:032x}"}
            place = f"{files}/{each // 1000:04d}/sample-{each:07d}.cram"
            out.write(json.dumps({"location": place, "size": each * 1000, "checksums": sums}) + "\n")
    words = ["--manifest", str(manifest), "--trust", "--dataset", "measured"]
    ran = site.command(home, "load", "objects", *words)
    return ran.seconds


@contextmanager
def _database(home: Path) -> Iterator[Database]:
    """The site's database, beside the site."""
    server = EmbeddedPostgres(home / "postgres")
    database = Database(server.start())
    try:
        yield database
    finally:
        database.dispose()
        server.stop()


def _some(database: Database) -> list[str]:
    with database.reading() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM drs.object WHERE random() < 0.25 LIMIT %s", (20 * _SOME,))
        found = [row[0] for row in cursor.fetchall()]
    return random.Random(1).sample(found, min(_SOME, len(found)))


@dataclass(frozen=True)
class _Sides:
    """The two servers and the database, and how long each is asked."""

    database: Database
    bare: Url
    governed: Url
    token: str
    ids: list[str]
    seconds: float

    def rows(self) -> Iterator[list[Cell]]:
        """Every row of the table."""
        one = [_get(self.bare[0], each) for each in self.ids]
        for connections in (1, 16):
            yield self._row("one object", connections, one, 1)
        for many in (100, 1_000):
            batches = (self.ids[at : at + many] for at in range(0, len(self.ids) - many + 1, many))
            asked = [_post(self.bare[0], "/objects", {"bulk_object_ids": each}) for each in batches]
            yield self._row(f"bulk of {many}", 1, asked, many)

    def _row(self, name: str, connections: int, messages: list[bytes], many: int) -> list[Cell]:
        credentials = f"\r\nauthorization: Bearer {self.token}\r\n\r\n".encode()
        known = [each.replace(b"\r\n\r\n", credentials, 1) for each in messages]
        drive(self.governed, known, connections, self.seconds / 4)
        drive(self.bare, messages, connections, self.seconds / 4)
        without = drive(self.bare, messages, connections, self.seconds)
        governed = drive(self.governed, known, connections, self.seconds)
        return [
            *(name, connections, without.median * 1e3, governed.median * 1e3),
            *(governed.rate / without.rate, without.rate, governed.rate, self._sql(many) * 1e3),
        ]

    def _sql(self, many: int) -> float:
        """The median seconds of the query for so many objects."""

        def ask() -> None:
            some = random.sample(self.ids, many)
            with self.database.reading() as connection:
                store.find(connection, some, some)

        return _median(ask, 200 if many == 1 else 20)


def _get(host: str, identifier: str) -> bytes:
    return f"GET {BASE_PATH}/objects/{identifier} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def _post(host: str, path: str, body: object) -> bytes:
    sent = json.dumps(body).encode()
    head = f"POST {BASE_PATH}{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(sent) + sent


def _median(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)


def _passport(home: Path, issuer: Issuer) -> str:
    """What a passport with a hundred visas takes, at first and then from what is remembered."""
    (home / "trust-of-passports.toml").write_text(trust_text([issuer], [issuer]))
    http = Http()
    house = Clearinghouse(TrustFile(home / "trust-of-passports.toml").current, http)
    visas = [issuer.visa("ada", value=f"https://data.example/{number}") for number in range(_VISAS)]
    passport = issuer.passport("ada", visas)
    started = time.perf_counter()
    caller = house.identify(None, [passport])
    first = time.perf_counter() - started
    if len(caller.visas) != _VISAS:
        raise RuntimeError("the visas of the passport do not count")
    again = _median(lambda: house.identify(None, [passport]), 500)
    http.close()
    times = f"{first * 1e3:.1f} ms at first, {again * 1e3:.2f} ms when it is known"
    return f"A passport with {_VISAS} visas: {times}."
