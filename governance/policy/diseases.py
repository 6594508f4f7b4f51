"""Which disease is a kind of which, as the site tells us: no ontology comes with Insitu."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from governance.policy.problems import Problem

_TERM = re.compile(r"[A-Za-z][A-Za-z0-9_]*:[A-Za-z0-9_.-]+", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Diseases:
    """Terms and all their ancestors. A term that is not there is unknown, not without ancestors."""

    ancestors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    digest: str = ""

    def above(self, term: str) -> frozenset[str] | None:
        """The ancestors of a term, itself among them; None where it is unknown."""
        found = self.ancestors.get(term)
        return None if found is None else found | {term}

    @classmethod
    def read(cls, path: Path, problems: list[Problem]) -> "Diseases":
        """The terms of a file of lines `term TAB parent`; none where there is no file.

        A term without parents is a line of its own. Lines that begin with `#` are comments. What is wrong
        is added to `problems`.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            if path.is_symlink():
                problems.append(Problem(path.name, 0, "cannot be read: it is a link that leads nowhere"))
            return NO_DISEASES
        except (OSError, UnicodeDecodeError) as error:
            problems.append(
                Problem(path.name, 0, f"cannot be read: {getattr(error, 'strerror', 'not UTF-8')}")
            )
            return NO_DISEASES
        parents: dict[str, set[str]] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            _line(line, Problem(path.name, number, "is not a term, a tab and its parent"), parents, problems)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return cls({each: _closure(each, parents) for each in parents}, digest)


NO_DISEASES = Diseases()


def _line(line: str, fault: Problem, parents: dict[str, set[str]], problems: list[Problem]) -> None:
    if not line.strip() or line.startswith("#"):
        return
    terms = line.rstrip().split("\t")
    if len(terms) > 2 or not all(_TERM.fullmatch(each) for each in terms):
        problems.append(fault)
        return
    parents.setdefault(terms[0], set()).update(terms[1:])
    for each in terms[1:]:
        parents.setdefault(each, set())


def _closure(term: str, parents: Mapping[str, set[str]]) -> frozenset[str]:
    """All ancestors of a term; a ring of parents ends where it began."""
    found: set[str] = set()
    left = list(parents[term])
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left.extend(parents[each])
    return frozenset(found)
