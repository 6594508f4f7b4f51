"""What the rules say of one caller, and for how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.datasets import Dataset
from governance.policy.actions import Action
from governance.policy.entities import Asker
from governance.policy.inquiry import Inquiry, earlier
from governance.policy.verdict import Verdict

_HORIZONS = 8
"""Moments at which visas end that are told apart."""

Verdicts = Mapping[Action, Verdict]
Ends = dict[Action, float | None]


@dataclass(frozen=True, slots=True)
class Held:
    """The verdict of every action of a family, and when each ceases to hold; `vouched` as in `Decision`."""

    verdicts: Verdicts
    ends: Mapping[Action, float | None]
    vouched: bool = False

    @property
    def end(self) -> float | None:
        """When the first of them ceases to hold."""
        return min((each for each in self.ends.values() if each is not None), default=None)


def worked_out(
    inquiry: Inquiry, asker: Asker, datasets: Sequence[Dataset | None], nobody: Sequence[Held] | None
) -> list[Held]:
    """What the rules say, and the first moment at which they would say something else.

    `nobody` is what they say to anonymous callers; None where the caller is one.
    """
    now = inquiry.verdicts(asker, datasets)
    ends = [inquiry.ends(each) for each in datasets]
    if nobody is not None:
        _until_visas_end(inquiry, asker, datasets, now, ends)
        for mine, theirs, end in zip(now, nobody, ends, strict=True):
            _note(end, mine, theirs.verdicts, asker.caller.expires)
    return [Held(*each) for each in zip(now, ends, strict=True)]


def _until_visas_end(
    inquiry: Inquiry,
    asker: Asker,
    datasets: Sequence[Dataset | None],
    now: Sequence[Verdicts],
    ends: Sequence[Ends],
) -> None:
    """Asks again as if each visa that matters had ended, and notes when that makes a difference."""
    horizons = [inquiry.horizons(asker, each) for each in datasets]
    for moment in sorted({each for mine in horizons for each in mine[:_HORIZONS]}):
        about = [number for number, mine in enumerate(horizons) if moment in mine[:_HORIZONS]]
        later = inquiry.verdicts(Asker.of(asker.caller, moment), [datasets[each] for each in about])
        for number, then in zip(about, later, strict=True):
            _note(ends[number], now[number], then, moment)
    for mine, end in zip(horizons, ends, strict=True):
        if len(mine) > _HORIZONS:  # too early, never too late
            end.update({action: earlier(found, mine[_HORIZONS]) for action, found in end.items()})


def _note(end: Ends, now: Verdicts, then: Verdicts, moment: float | None) -> None:
    """The verdicts that are others then end at that moment, unless they ended before."""
    for action, found in now.items():
        if found.substance != then[action].substance:
            end[action] = earlier(end[action], moment)
