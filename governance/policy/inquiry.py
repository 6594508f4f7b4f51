"""One call's question to the rules, apart from who asks and of which dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from governance.datasets import Dataset
from governance.policy import duo
from governance.policy.actions import Action
from governance.policy.context import Context
from governance.policy.diseases import Diseases
from governance.policy.entities import Asker, matters
from governance.policy.judging import Case, Ruling, judge
from governance.policy.rulebook import RuleBook
from governance.policy.verdict import Verdict, verdict

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked: the actions that are decided together, under which rules, why and when."""

    book: RuleBook
    family: tuple[Action, ...]
    context: Context
    now: float

    @property
    def minute(self) -> int:
        """The minute since 1970, where rules look at the time; 0 where none does."""
        return int(self.now // 60) if self.book.timed else 0

    def key(self, asker: Asker, dataset: Dataset | None) -> tuple[object, ...]:
        """Differs wherever the answer could."""
        fit = self.fit(dataset).fit
        context = self.context
        circumstances = (fit, context.purpose, context.network, self.minute)
        return asker.key, dataset, self.family, self.book.version, circumstances

    def fit(self, dataset: Dataset | None) -> duo.Match:
        """How the stated purpose fits the dataset's terms."""
        terms = () if dataset is None else dataset.duo
        return _fit(terms, self.context.purpose, self.book.diseases, int(self.now // _DAY))

    def verdicts(self, asker: Asker, datasets: Sequence[Dataset | None]) -> list[dict[Action, Verdict]]:
        """The verdict of every action of the family, for each dataset."""
        cases = [
            Case(action, each, self.fit(each).fit, self.context, self.minute)
            for each in datasets
            for action in self.family
        ]
        rulings = judge(self.book, asker, cases)
        width = len(self.family)
        rows = (rulings[start : start + width] for start in range(0, len(rulings), width))
        return [self._verdicts(dict(zip(self.family, row, strict=True))) for row in rows]

    def _verdicts(self, rulings: dict[Action, Ruling]) -> dict[Action, Verdict]:
        return {each: verdict(each, rulings) for each in self._decided()}

    def _decided(self) -> list[Action]:
        """The actions that this family decides; another may have been asked for what it tells of them."""
        return [each for each in self.family if each.family == self.family]

    def ends(self, dataset: Dataset | None) -> dict[Action, float | None]:
        """When the answers end whoever asks: with the minute, or with a dated term of use."""
        minute = (self.minute + 1) * 60.0 if self.book.timed else None
        end = earlier(self.fit(dataset).until, minute)
        return dict.fromkeys(self._decided(), end)

    def horizons(self, asker: Asker, dataset: Dataset | None) -> list[float]:
        """The moments at which visas end that matter, in order."""
        mentions = self.book.of(dataset).mentions
        return sorted({float(each.expires) for each in asker.visas if matters(each, dataset, mentions)})


@lru_cache(maxsize=4096)
def _fit(terms: tuple[str, ...], purpose: tuple[str, ...], diseases: Diseases, day: int) -> duo.Match:
    """Terms of use change at the beginning of a day only."""
    return duo.match(terms, purpose, diseases, day * _DAY)


def earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two moments; None is never."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
