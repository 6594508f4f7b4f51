"""What a decision costs: cold (the rules are asked) and kept, for one dataset and for forty, by who asks.

The rules are the packs and a site's file, forty rules in all. A cold decision decides every step of the
ladder, and finds out when it ends by asking again without the visas that matter. "Parsing" is what a change
of a file costs.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.tables import Cell, table
from governance.caller import ANONYMOUS, Caller, Identity, Visa
from governance.datasets import Dataset, Tier
from governance.policy.actions import Action
from governance.policy.engine import Policy
from governance.policy.entities import REGISTERED_ACCESS
from governance.policy.rulebook import load

NOW = int(time.time())
ADA = Identity("https://login.example.org", "ada")
SITE = """
@id("network") forbid(principal, action in Action::"records", resource is Dataset)
when { context.network == "elsewhere" };
"""


def measure(*, seconds: float) -> str:
    """The table, in Markdown."""
    with tempfile.TemporaryDirectory(prefix="insitu-policy-") as folder:
        (Path(folder) / "site.cedar").write_text(SITE)
        rules = len(load(Path(folder)).rules)
        parsing = _median(lambda: load(Path(folder)), seconds)
        rows = [_row(Path(folder), name, caller, seconds) for name, caller in _callers().items()]
    columns = ["who asks", "cold, 1 dataset, us", "cold, 40, us each", "kept, 1, us", "kept, 40, us each"]
    return f"{table(columns, rows)}\n\n{rules} rules; parsing them takes {parsing / 1000:.1f} ms."


def _callers() -> dict[str, Caller]:
    grant = _visa("ControlledAccessGrants", "https://example.org/datasets/1", "dac")
    halves = (
        _visa("AcceptedTermsAndPolicies", REGISTERED_ACCESS, "self"),
        _visa("ResearcherStatus", REGISTERED_ACCESS, "so"),
    )
    others = (f"https://example.org/other/{number}" for number in range(96))
    many = tuple(_visa("ControlledAccessGrants", each, "dac") for each in others)
    known = Caller(ADA, ADA)
    return {
        "nobody": ANONYMOUS,
        "one visa": replace(known, visas=(grant,)),
        "three visas, registered": replace(known, visas=(grant, *halves), registered=True),
        "99 visas, registered": replace(known, visas=(grant, *halves, *many), registered=True),
    }


def _visa(kind: str, value: str, by: str) -> Visa:
    return Visa(kind, value, "https://example.org", by, ADA, NOW, NOW + 86_400, f"{kind} {value}")


def _datasets(count: int) -> list[Dataset]:
    return [_dataset(number) for number in range(1, count + 1)]


def _dataset(number: int) -> Dataset:
    moment = datetime.fromtimestamp(NOW, UTC)
    grants = (f"https://example.org/datasets/{number}",)
    return Dataset(
        f"d{number}", "GRCh38", Tier.BOOLEAN, "", "", moment, moment,
        registered=Tier.COUNT, controlled=Tier.RECORD, grants=grants, jurisdiction="eu-gdpr",
    )  # fmt: skip


def _row(folder: Path, name: str, caller: Caller, seconds: float) -> list[Cell]:
    asked = ((cold, count) for cold in (True, False) for count in (1, 40))
    spent = [_decision(folder, caller, _datasets(count), seconds, cold=cold) / count for cold, count in asked]
    return [name, *spent]


def _decision(folder: Path, caller: Caller, datasets: list[Dataset], seconds: float, *, cold: bool) -> float:
    """Microseconds of one call for all the datasets."""
    policy = Policy(folder)
    numbers = iter(range(10**9))

    def ask() -> None:
        # a version of each dataset that nobody has asked for yet makes the decision a cold one
        asked = [replace(each, name=str(next(numbers))) for each in datasets] if cold else datasets
        begun = time.perf_counter()
        policy.decide(caller, Action.BEACON_COUNT, asked)
        spent.append(time.perf_counter() - begun)

    spent: list[float] = []
    ask()
    spent.clear()
    end = time.perf_counter() + seconds / 8
    while time.perf_counter() < end or len(spent) < 5:
        ask()
    return median(spent) * 1e6


def _median(work: Callable[[], object], seconds: float) -> float:
    """Microseconds that the work takes."""
    spent = []
    end = time.perf_counter() + seconds / 4
    while time.perf_counter() < end or len(spent) < 3:
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return median(spent) * 1e6
