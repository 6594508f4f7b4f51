"""A passport of 100 visas: what it costs to sign, and a clearinghouse elsewhere to verify."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.tables import Cell, table
from insitu.house import House
from passport_broker.domain.visas import Assertion, Span
from passport_broker.service import OPERATOR, desk_of, visas_of
from passport_broker.settings import PassportSettings
from passport_broker.visas.desk import Wanted
from passport_broker.visas.service import Visas
from tests.governance.passport.sites import Site
from tests.passport_broker.running import SITE_B, Broker

VISAS = 100
SOURCE = "https://dac.example/committee"
TRUST = """
audiences = ["{site}"]
[[broker]]
issuer = "{issuer}"
[[visa_issuer]]
issuer = "{issuer}"
jku = ["{issuer}/jwks"]
[sources]
ControlledAccessGrants = ["{source}"]
"""


def grant(broker: Broker, house: House, subject: str, number: int) -> None:
    """So many visas of an account."""
    desk, now = desk_of(house.database, house.trail, broker.issuer), int(time.time())
    for each in range(number):
        said = Assertion("ControlledAccessGrants", f"https://data.example/{each}", SOURCE, "dac", now)
        desk.issue(Wanted(subject, said, Span(now, now + 86_400), "measured"), OPERATOR)


def measure(broker: Broker, house: House, *, times: int) -> str:
    """The table, in Markdown."""
    (_, many), (_, few) = broker.account(), broker.account()
    grant(broker, house, many.subject, VISAS)
    grant(broker, house, few.subject, 1)
    signed = _Signed(broker, house, many.subject, few.subject)
    rows: list[list[Cell]] = [
        ["signed, no visa before", _median(times, lambda _: signed.anew())],
        ["signed, its visas before", _median(times, lambda _: signed.again())],
        ["verified, no visa before", _median(times, lambda _: signed.verified("cold"))],
        ["verified, its visas before", _median(times, lambda _: signed.verified("visas"))],
        ["verified, all of it before", _median(times, lambda _: signed.verified("passport"))],
    ]
    size = len(signed.kept.passport(many.subject, SITE_B)) / 1000
    return f"{table(['a passport of 100 visas', 'median ms'], rows)}\n\nIt has {size:.0f} kB."


class _Signed:
    """Passports of two accounts, of which one makes the keys known first."""

    def __init__(self, broker: Broker, house: House, many: str, few: str) -> None:
        self._trust = TRUST.format(site=SITE_B, issuer=broker.issuer, source=SOURCE)
        self._many, self._few = many, few
        self._fresh: Callable[[], Visas] = lambda: visas_of(
            PassportSettings(), house.database, broker.signing
        )
        self.kept = self._fresh()

    def anew(self) -> float:
        visas = self._fresh()
        return _seconds(lambda: visas.passport(self._many, SITE_B))

    def again(self) -> float:
        self.kept.passport(self._many, SITE_B)
        return _seconds(lambda: self.kept.passport(self._many, SITE_B))

    def verified(self, known: str) -> float:
        """Seconds that a site takes which knows the keys, and of the rest what is `known`."""
        passport = self.kept.passport(self._many, SITE_B)
        with tempfile.TemporaryDirectory() as folder, Site(Path(folder), self._trust, time.time) as site:
            site.house.identify(None, [self.kept.passport(self._few, SITE_B)])
            if known != "cold":
                first = passport if known == "passport" else self.kept.passport(self._many, SITE_B)
                site.house.identify(None, [first])
            return _seconds(lambda: _all(site, passport))


def _all(site: Site, passport: str) -> None:
    found = len(site.house.identify(None, [passport]).visas)
    if found != VISAS:
        raise RuntimeError(f"{found} visas count, and not {VISAS}: nothing is measured on errors")


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _median(times: int, act: Callable[[int], float]) -> float:
    return median(act(number) for number in range(times)) * 1e3
