"""`python -m benchmarks.attack`: attacks on membership, as a table and a picture.

The model works out every answer with the site's own charges. Then a site is asked over HTTP, for some of the
people, and each of its answers is compared with the model's: the figures of the model are those of the site.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.attack import served
from benchmarks.attack.measure import Curve, Experiment
from benchmarks.attack.people import Pool, pool
from benchmarks.attack.picture import svg
from benchmarks.tables import machine
from governance.datasets import PROTECTIONS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
GOALS = {"default": 0.30, "strict": 0.20}
NAIVE = 0.10
LOST = 0.10


def main() -> int:
    """Measures, prints, keeps; the exit status says whether every figure is as it must be."""
    chosen = _arguments()
    people = pool(chosen.data)
    sections = [_heading(people, chosen.seeds)]
    experiment = Experiment(people, seeds=chosen.seeds, rehearsals=chosen.rehearsals)
    curves = [
        curve
        for name in ("none", "default", "strict")
        for curve in experiment.curves(name, PROTECTIONS[name], _note)
    ]
    losses = {
        name: (
            experiment.researcher(PROTECTIONS[name]),
            experiment.researcher(PROTECTIONS[name], everything=True),
        )
        for name in GOALS
    }
    sections += [_powers(curves), _lost(losses)]
    print("\n\n".join(sections), flush=True)
    if chosen.served:
        asked = served.ask(people, chosen.folder, seeds=chosen.seeds, persons=chosen.served, note=_note)
        sections.append(asked.table())
        print("\n" + sections[-1])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "attack.md").write_text("\n\n".join(sections) + "\n")
    (RESULTS / "attack.svg").write_text(svg(curves, GOALS, f"Membership attacks: {people.source}"))
    kept = [{"protection": c.protection, "attacker": c.attacker, "powers": c.powers} for c in curves]
    (RESULTS / "attack.json").write_text(json.dumps(kept))
    missed = _missed(curves, losses)
    print("\n".join(missed) or "every figure is as it must be", file=sys.stderr)
    return 1 if missed else 0


def _missed(curves: list[Curve], losses: dict[str, tuple[float, float]]) -> list[str]:
    """Which figures are not as they must be."""
    found = []
    for curve in curves:
        goals = {
            "naive likelihood ratio": NAIVE,
            "rarest first": NAIVE,
            "informed": GOALS.get(curve.protection),
        }
        goal = goals.get(curve.attacker) if curve.protection in GOALS else None
        if goal is not None and curve.most > goal:
            found.append(f"{curve.protection}: {curve.attacker} reaches {curve.most:.3f}, more than {goal}")
    if losses["default"][0] >= LOST:
        found.append(f"default: a researcher loses {losses['default'][0]:.1%} of yes answers")
    return found


def _powers(curves: list[Curve]) -> str:
    rows = [
        "| protection | attacker | highest power | after questions | at the end |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {each.protection} | {each.attacker} | {each.most:.3f} | {each.after} | {each.powers[-1]:.3f} |"
        for each in curves
    ]
    return "\n".join(rows)


def _lost(losses: dict[str, tuple[float, float]]) -> str:
    rows = [
        "| protection | yes answers lost, alleles with threshold carriers | all alleles |",
        "|---|---|---|",
    ]
    rows += [f"| {name} | {usual:.1%} | {all_:.1%} |" for name, (usual, all_) in losses.items()]
    return "\n".join(rows)


def _heading(people: Pool, seeds: int) -> str:
    return (
        f"# Attacks on membership\n\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}. {people.source}: "
        f"{people.carries.shape[0]:,} alleles, {people.people} people, 300 of them members at random, "
        f"{seeds} times; power at 5 % false positives, one identity."
    )


def _note(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attack", description=__doc__)
    add = parser.add_argument
    real = ROOT.parent / "shared" / "data" / "1000genomes"
    add("--data", type=Path, default=real, help="the folder of the real VCFs; made-up people where not there")
    add("--seeds", type=int, default=20, help="random memberships (default 20)")
    add("--rehearsals", type=int, default=200, help="sites on which an informed attacker rehearses")
    add("--served", type=int, default=4, metavar="N", help="people of each membership asked over HTTP")
    add("--folder", type=Path, default=ROOT / ".insitu" / "attack", help="where the site is made")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
