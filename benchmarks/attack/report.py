"""What was measured, as Markdown, and which figures are not as they must be."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from benchmarks.attack.measure import Curve
from benchmarks.attack.people import Pool
from benchmarks.attack.powers import Interval, Served
from benchmarks.attack.served import Outcome
from benchmarks.tables import machine

GOALS = {"default": 0.30, "strict": 0.20}
NAIVE = 0.10
LOST = 0.10

Losses = Mapping[str, tuple[float, float]]


def heading(people: Pool, seeds: int) -> str:
    """Of whom, when, where."""
    return (
        f"# Attacks on membership\n\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}. {people.source}: "
        f"{people.carries.shape[0]:,} alleles, {people.people} people, 300 of them members at random, "
        f"{seeds} times; power at 5 % false positives, one identity."
    )


def modelled(curves: Iterable[Curve]) -> str:
    """The model's powers."""
    rows = [
        "By the model:",
        "",
        "| protection | attacker | highest power | after questions | at the end |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {each.protection} | {each.attacker} | {each.most:.3f} | {each.after} | {each.powers[-1]:.3f} |"
        for each in curves
    ]
    return "\n".join(rows)


def lost(losses: Losses) -> str:
    """What a researcher loses."""
    rows = [
        "| protection | yes answers lost, alleles with threshold carriers | all alleles |",
        "|---|---|---|",
    ]
    rows += [f"| {name} | {usual:.1%} | {all_:.1%} |" for name, (usual, all_) in losses.items()]
    return "\n".join(rows)


def asked(outcome: Outcome, everybody: int) -> str:
    """The powers over HTTP, and how sure they are."""
    rows = [
        _asked(outcome),
        "",
        "The line at 5 % false positives lies in each membership by itself where everybody was attacked,",
        "as the model's does, else over the others of all memberships together. In brackets, 95 % of what",
        "other people would give (bootstrap over people, each with all memberships). The highest power of",
        "few people is too high.",
        "",
        "| protection | attacker | people | highest power over HTTP | after questions | at the end |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*rows, *(_row(each, everybody) for each in outcome.curves)])


def _asked(outcome: Outcome) -> str:
    return (
        f"Over HTTP, by a site with {outcome.datasets} datasets ({outcome.alleles:,} alleles): "
        f"{outcome.questions:,} questions, each to many datasets, {outcome.answers:,} answers "
        f"({outcome.answers / outcome.seconds:,.0f} a second), {outcome.differing} other than the model's."
    )


def _row(each: Served, everybody: int) -> str:
    people = "all" if each.people == everybody else each.people
    most, end = _sure(each.most, each.at_most), _sure(each.powers[-1], each.at_end)
    return f"| {each.protection} | {each.attacker} | {people} | {most} | {each.after} | {end} |"


def _sure(power: float, interval: Interval) -> str:
    return f"{power:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"


def missed(curves: Iterable[Curve], losses: Losses, outcome: Outcome | None) -> Iterator[str]:
    """Which figures are not as they must be."""
    yield from (f"by the model, {said}" for each in curves for said in _beyond(each))
    if outcome is not None:
        yield from (f"over HTTP, {said}" for each in outcome.curves for said in _beyond(each))
        if outcome.differing:
            yield f"over HTTP, {outcome.differing} answers are not the model's"
    if losses["default"][0] >= LOST:
        yield f"default: a researcher loses {losses['default'][0]:.1%} of yes answers"


def _beyond(curve: Curve) -> Iterator[str]:
    if curve.protection not in GOALS:
        return
    goals = {
        "naive likelihood ratio": NAIVE,
        "rarest first": NAIVE,
        "informed": GOALS[curve.protection],
    }
    goal = goals.get(curve.attacker)
    if goal is not None and curve.most > goal:
        yield f"{curve.protection}: {curve.attacker} reaches {curve.most:.3f}, more than {goal}"
