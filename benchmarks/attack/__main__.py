"""`python -m benchmarks.attack`: attacks on membership, as tables and a picture.

The model works out every answer with the site's own charges. Then a site is attacked over HTTP, and each of
its answers compared with the model's.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.attack import report, served, ways
from benchmarks.attack.measure import Curve, Experiment
from benchmarks.attack.people import Pool, pool
from benchmarks.attack.picture import svg
from benchmarks.attack.report import GOALS
from benchmarks.attack.served import Outcome, Wanted
from governance.datasets import PROTECTIONS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def main() -> int:
    """Measures, prints, keeps; the exit status says whether every figure is as it must be."""
    chosen = _arguments()
    people = pool(chosen.data)
    experiment = Experiment(people, seeds=chosen.seeds, rehearsals=chosen.rehearsals)
    curves = [
        curve
        for name in ("none", *GOALS)
        for curve in ways.curves(experiment, name, PROTECTIONS[name], _note)
    ]
    losses = {name: _losses(experiment, name) for name in GOALS}
    sections = [report.heading(people, chosen.seeds), report.modelled(curves), report.lost(losses)]
    print("\n\n".join(sections), flush=True)
    outcome = _served(people, curves, chosen) if chosen.served else None
    if outcome is not None:
        sections.append(report.asked(outcome, people.people))
        print("\n" + sections[-1])
    _keep(chosen.results, sections, curves, outcome, people.source)
    missed = list(report.missed(curves, losses, outcome))
    print("\n".join(missed) or "every figure is as it must be", file=sys.stderr)
    return 1 if missed else 0


def _losses(experiment: Experiment, name: str) -> tuple[float, float]:
    usual = experiment.researcher(PROTECTIONS[name])
    return usual, experiment.researcher(PROTECTIONS[name], everything=True)


def _served(people: Pool, curves: list[Curve], chosen: argparse.Namespace) -> Outcome:
    """The attacks over HTTP; the informed attacker goes about it in the way that was the model's best."""
    fewest = {
        each.protection: each.fewest
        for each in curves
        if each.attacker == "informed" and each.protection in GOALS and each.fewest is not None
    }
    wanted = Wanted(
        seeds=chosen.seeds,
        persons=chosen.served,
        informed=min(chosen.informed, people.people),
        fewest=fewest,
        rehearsals=chosen.rehearsals,
    )
    return served.ask(people, chosen.folder / "site", wanted, _note)


def _keep(
    folder: Path, sections: list[str], curves: list[Curve], outcome: Outcome | None, source: str
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "attack.md").write_text("\n\n".join(sections) + "\n")
    over_http = outcome.curves if outcome is not None else ()
    (folder / "attack.svg").write_text(svg(curves, over_http, GOALS, f"Membership attacks: {source}"))
    kept = {"model": list(map(asdict, curves)), "http": None if outcome is None else asdict(outcome)}
    (folder / "attack.json").write_text(json.dumps(kept) + "\n")


def _note(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attack", description=__doc__)
    add = parser.add_argument
    real = ROOT.parent / "shared" / "data" / "1000genomes"
    add("--data", type=Path, default=real, help="the folder of the real VCFs; made-up people where not there")
    add("--seeds", type=int, default=20, help="random memberships (default 20)")
    add("--rehearsals", type=int, default=200, help="sites on which an informed attacker rehearses")
    served_ = (
        "people whom naive attackers attack over HTTP (default 12; everybody takes many hours; 0: none)"
    )
    add("--served", type=int, default=12, metavar="N", help=served_)
    add(
        "--informed",
        type=int,
        default=48,
        metavar="N",
        help="people whom informed ones attack there (default 48)",
    )
    add("--folder", type=Path, default=ROOT / ".insitu" / "attack", help="where the site is made")
    add("--results", type=Path, default=RESULTS, help="where the tables and the picture are kept")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
