"""What is wrong with a policy file, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.reasons import Invalid


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in a file: `line` counts from 1, and is 0 where the file as a whole is at fault."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


class PolicyInvalid(Invalid):
    """The policy files cannot be used; `problems` are all their faults."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(self.problems) - 1} more: insitu policy check)" if len(self.problems) > 1 else ""
        super().__init__(f"{self.problems[0]}{more}")
