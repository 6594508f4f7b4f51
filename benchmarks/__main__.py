"""`python -m benchmarks`: measures loading and asking, prints the tables, keeps them in results/latest.md."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import asking, audit, broker, budget, drs, governed, htsget, loading, policy, streaming
from benchmarks.tables import machine

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
MODULES = {
    "loading": loading,
    "asking": asking,
    "audit": audit,
    "policy": policy,
    "governed": governed,
    "broker": broker,
    "budget": budget,
    "htsget": htsget,
    "streaming": streaming,
    "drs": drs,
}


def main() -> None:
    """Runs what was asked for and writes the results as they come."""
    chosen = _arguments()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Callable[[], str]] = {
        "loading": lambda: loading.measure(
            chosen.folder, quick=chosen.quick, runs=chosen.runs, workers=chosen.workers
        ),
        "asking": lambda: asking.measure(chosen.folder, quick=chosen.quick, seconds=chosen.seconds),
        "audit": lambda: audit.measure(quick=chosen.quick, seconds=chosen.seconds),
        "policy": lambda: policy.measure(seconds=chosen.seconds / 10),
        "governed": lambda: governed.measure(chosen.folder, quick=chosen.quick, seconds=chosen.seconds),
        "broker": lambda: broker.measure(chosen.folder, quick=chosen.quick, seconds=chosen.seconds),
        "budget": lambda: budget.measure(chosen.folder, times=10 if chosen.quick else budget.TIMES),
        "htsget": lambda: htsget.measure(chosen.folder, quick=chosen.quick, seconds=chosen.seconds),
        "streaming": lambda: streaming.measure(chosen.folder, quick=chosen.quick),
        "drs": lambda: drs.measure(chosen.folder, quick=chosen.quick, seconds=chosen.seconds),
    }
    wanted = chosen.only or list(parts)
    sections = [_heading(chosen)]
    for name in wanted:
        module = MODULES[name]
        sections.append(f"## {name.capitalize()}\n\n{module.__doc__}\n{parts[name]()}")
        print(sections[-1], flush=True)
    if not chosen.quick:
        target = RESULTS / "latest.md"
        target.write_text("\n\n".join(sections) + "\n")
        print(f"kept in {target.relative_to(ROOT)}", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--only", action="append", choices=list(MODULES), help="one part; may be repeated")
    add("--quick", action="store_true", help="short files, short runs: does it work, not how fast")
    add("--runs", type=int, default=3, help="times each file is loaded (default 3)")
    add("--workers", type=int, default=2, help="loading processes (default 2)")
    add("--seconds", type=float, default=5.0, help="how long each question is asked (default 5)")
    add("--folder", type=Path, default=ROOT / ".insitu" / "bench", help="where files and sites are made")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.runs, chosen.seconds = 1, min(chosen.seconds, 1.0)
    return chosen


def _heading(chosen: argparse.Namespace) -> str:
    mode = f"{chosen.runs} runs, {chosen.workers} workers"
    if chosen.quick:
        mode = "quick mode: the figures mean little"
    return f"# Benchmarks\n\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}; {mode}."


if __name__ == "__main__":
    main()
