"""A Beacon question as this room thinks of it, however it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from variants.domain.question import Question


class Granularity(StrEnum):
    """How much is told: whether, how many, or which."""

    BOOLEAN = "boolean"
    COUNT = "count"
    RECORD = "record"


class Include(StrEnum):
    """Which datasets an answer lists: those with matches, without, all, or none."""

    HIT = "HIT"
    MISS = "MISS"
    ALL = "ALL"
    NONE = "NONE"

    def lists(self, exists: bool) -> bool:
        """True where a dataset with (`exists`) or without matches is listed."""
        if self is Include.HIT:
            return exists
        if self is Include.MISS:
            return not exists
        return self is Include.ALL


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter as sent. `operator` and `value` are None for a term that stands alone."""

    id: str
    operator: str | None = None
    value: str | None = None
    descendants: bool = True
    scope: str | None = None

    @property
    def text(self) -> str:
        """The filter in the short form of GET: `SO:0001483`, `geneId:=BRAF`."""
        return self.id if self.operator is None else f"{self.id}:{self.operator}{self.value}"

    @property
    def whole(self) -> str | dict[str, str | bool]:
        """The filter with all that was said: its text, or an object as of POST where that says more."""
        said: dict[str, str | bool] = {} if self.descendants else {"includeDescendantTerms": False}
        said |= {} if self.scope is None else {"scope": self.scope}
        plain: dict[str, str | bool | None] = {"id": self.id, "operator": self.operator, "value": self.value}
        known = {name: each for name, each in plain.items() if each is not None}
        return known | said if said else self.text


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, valid in form, its defaults filled in.

    `parameters` are the variant parameters as sent, under their official names; `datasets` is empty where the
    question names none. `skip` counts pages of `limit` records.
    """

    question: Question
    granularity: Granularity
    include: Include = Include.HIT
    skip: int = 0
    limit: int = 10
    filters: tuple[Filter, ...] = ()
    datasets: tuple[str, ...] = ()
    test: bool = False
    api_version: str | None = None
    schemas: tuple[Mapping[str, str], ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def offset(self) -> int:
        """How many records come before the page."""
        return self.skip * self.limit
