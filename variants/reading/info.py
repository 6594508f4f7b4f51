"""INFO: which keys are worth reading in a file, and what their values mean for one allele."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from variants.reading.fields import text as decoded
from variants.reading.header import Header

SITE_KEYS = frozenset({"AC", "AN", "AF"})
STRUCTURAL_KEYS = frozenset(
    {"END", "SVLEN", "SVTYPE", "CIPOS", "CIEND", "MATEID", "CN", "SVCLAIM", "CHR2", "POS2"}
)
_INTEGER = re.compile(r"^[+-]?[0-9]{1,20}$")
_MOST = (1 << 31) - 1
_BEFORE = re.compile(r"^(.+)_(AF|AC|AN)$")
_AFTER = re.compile(r"^(AF|AC|AN)_(.+)$")
# Summaries over populations, and frequencies of something else than alleles in people.
_NO_POPULATION = frozenset(
    {"max", "popmax", "grpmax", "raw", "left", "right", "mle", "m", "het", "hom", "hemi"}
)


@dataclass(frozen=True, slots=True)
class Population:
    """The INFO keys of one population: its frequency, or the counts that give it."""

    name: str
    frequency: str | None
    count: str | None
    number: str | None


def populations(header: Header) -> tuple[Population, ...]:
    """The populations whose frequencies INFO declares: `EAS_AF`, `AF_afr`, or a pair `EAS_AC`, `EAS_AN`."""
    keys: dict[str, dict[str, str]] = {}
    for key, definition in header.info.items():
        found = _BEFORE.match(key) or _AFTER.match(key)
        if not found:
            continue
        kind, name = (found[2], found[1]) if key.endswith(("_AF", "_AC", "_AN")) else (found[1], found[2])
        expected = "Float" if kind == "AF" else "Integer"
        if definition.type == expected and name.lower() not in _NO_POPULATION:
            keys.setdefault(name, {}).setdefault(kind, key)
    found_all = (
        Population(name, kinds.get("AF"), kinds.get("AC"), kinds.get("AN")) for name, kinds in keys.items()
    )
    return tuple(each for each in found_all if each.frequency or (each.count and each.number))


def parse_info(raw: bytes, wanted: Mapping[bytes, str]) -> dict[str, str]:
    """The values of the wanted keys as text; a flag is an empty text. Of a repeated key the first counts."""
    found: dict[str, str] = {}
    for item in raw.split(b";"):
        key, _, value = item.partition(b"=")
        name = wanted.get(key)
        if name is not None and name not in found:
            found[name] = decoded(value)
    return found


def value_of(text: str | None, at: int, alleles: int) -> str | None:
    """The value for one alternate allele (`at` counts from zero): of a list as long as there are alleles.

    A single value counts for a single allele only: of several it does not say which.
    """
    if text is None:
        return None
    values = text.split(",")
    if len(values) != alleles:
        return None
    value = values[at]
    return None if value in {"", "."} else value


def integer(text: str | None) -> int | None:
    """A whole number of 32 bits, which is all that VCF's integers are; None where the text is none."""
    if text is None or not _INTEGER.match(text):
        return None
    value = int(text)
    return value if abs(value) <= _MOST else None


def number(text: str | None) -> float | None:
    """A finite number; None where the text is none."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value - value == 0 else None  # neither infinite nor NaN


def frequencies(
    info: Mapping[str, str], known: tuple[Population, ...], at: int, alleles: int
) -> dict[str, float]:
    """The allele's frequency in each population that INFO tells of."""
    found = {}
    for population in known:
        text = info.get(population.frequency) if population.frequency else None
        if text is not None and alleles > 1:
            text = value_of(text, at, alleles)
        value = number(text) if text is not None else None
        if value is None and population.count and population.number:
            value = _ratio(info.get(population.count), info.get(population.number), at, alleles)
        if value is not None:
            found[population.name] = value
    return found


def _ratio(counts: str | None, total: str | None, at: int, alleles: int) -> float | None:
    count, number_of_alleles = integer(value_of(counts, at, alleles)), integer(total)
    return count / number_of_alleles if count is not None and number_of_alleles else None
