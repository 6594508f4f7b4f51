"""From the rules that hold to what is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.datasets import Tier
from governance.policy.actions import Action
from governance.policy.decision import Outcome
from governance.policy.judging import Ruling
from governance.policy.obligations import Obligation
from governance.policy.rules import Rule

NO_RULE = "default#refuse"
"""The rule of every refusal that no rule made: what is not permitted is refused."""
FAILED = "default#failed"
"""The rule of a refusal because a prohibition could not be evaluated."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is given of an action: see `Decision`."""

    outcome: Outcome
    given: Tier
    rule: str
    obligations: tuple[Obligation, ...] = ()
    exempt: bool = False

    @property
    def substance(self) -> tuple[object, ...]:
        """All but the name of the rule."""
        return self.outcome, self.given, self.obligations, self.exempt


def verdict(action: Action, rulings: Mapping[Action, Ruling]) -> Verdict:
    """The most that is given, of what was asked; `rulings` are those of `action.family`.

    Forbid wins. On a ladder a prohibition closes its own step and all above, a permission opens its own step
    and all below.
    """
    open_steps = _below_prohibition(action.family, rulings)
    for step in reversed(action.ladder):
        if step not in open_steps:
            continue
        above = open_steps[open_steps.index(step) :] if action.is_ladder else (step,)
        permits = [rule for each in above for rule in rulings[each].permits]
        if permits:
            return _permitted(step, permits, rulings, open_steps)
    return _refused(action, rulings)


def _below_prohibition(family: Sequence[Action], rulings: Mapping[Action, Ruling]) -> tuple[Action, ...]:
    """The steps that nothing forbids, up to the first that something does."""
    steps = []
    for each in family:
        if _prohibited(rulings[each]):
            break
        steps.append(each)
    return tuple(steps)


def _prohibited(ruling: Ruling) -> bool:
    return ruling.failed or any(not each.obligations for each in ruling.forbids)


def _permitted(
    step: Action, permits: Sequence[Rule], rulings: Mapping[Action, Ruling], open_steps: Sequence[Action]
) -> Verdict:
    """The permission that asks least decides; what prohibitions ask is added to it.

    So is what they ask of the steps below: who gets records is told counts beside them.
    """
    rule = min(permits, key=lambda each: (not each.exempt, len(each.obligations)))
    forbids = [other for each in step.ladder for other in rulings[each].forbids]
    asked = {*rule.obligations, *(each for other in forbids for each in other.obligations)}
    return Verdict(
        "permit",
        step.tier or Tier.NONE,
        rule.key,
        tuple(sorted(asked)),
        exempt=_exempt(step, rulings, open_steps),
    )


def _exempt(step: Action, rulings: Mapping[Action, Ruling], open_steps: Sequence[Action]) -> bool:
    """True where an exempting rule gives the very records: who may have those learns nothing from counts."""
    top = step.family[-1]
    return top in open_steps and any(each.exempt for each in rulings[top].permits)


def _refused(action: Action, rulings: Mapping[Action, Ruling]) -> Verdict:
    """Refer where something is permitted but for prohibitions that a person may lift; else deny."""
    for step in reversed(action.ladder):
        ruling = rulings[step]
        walls = _walls(step.ladder, rulings)
        if ruling.permits and not ruling.failed and walls and all(each.refers for each in walls):
            return Verdict("refer", Tier.NONE, walls[0].key)
    failed = any(rulings[each].failed for each in action.ladder)
    hard = [each for each in _walls(action.ladder, rulings) if not each.refers]
    permitted = any(rulings[each].permits for each in action.ladder)
    if failed:
        return Verdict("deny", Tier.NONE, FAILED)
    return Verdict("deny", Tier.NONE, hard[0].key if permitted and hard else NO_RULE)


def _walls(steps: Sequence[Action], rulings: Mapping[Action, Ruling]) -> list[Rule]:
    return [rule for each in steps for rule in rulings[each].forbids if not rule.obligations]
