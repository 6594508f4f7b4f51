"""The terms of the Data Use Ontology, under their short names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Fit = Literal["none", "unstated", "permit", "deny", "refer"]
Judged = tuple[Fit, str]
"""What one term says of a purpose, and why."""

SYMBOLS = {
    "NRES": "DUO:0000004", "HMB": "DUO:0000006", "DS": "DUO:0000007", "POA": "DUO:0000011",
    "RS": "DUO:0000012", "RU": "DUO:0000014", "NMDS": "DUO:0000015", "GSO": "DUO:0000016",
    "NPUNCU": "DUO:0000018", "PUB": "DUO:0000019", "COL": "DUO:0000020", "IRB": "DUO:0000021",
    "GS": "DUO:0000022", "MOR": "DUO:0000024", "TS": "DUO:0000025", "US": "DUO:0000026",
    "PS": "DUO:0000027", "IS": "DUO:0000028", "RTN": "DUO:0000029", "GRU": "DUO:0000042",
    "CC": "DUO:0000043", "NPOA": "DUO:0000044", "NPU": "DUO:0000045", "NCU": "DUO:0000046",
}  # fmt: skip
"""The terms of datasets, by DUO's short names."""
PURPOSES = {
    "MDS": "DUO:0000031", "POPULATION": "DUO:0000032", "ANCESTRY": "DUO:0000033", "AGE": "DUO:0000034",
    "GENDER": "DUO:0000035", "CTRL": "DUO:0000036", "BIOMEDICAL": "DUO:0000037", "GENETIC": "DUO:0000038",
    "DRUG": "DUO:0000039", "DISEASE": "DUO:0000040",
}  # fmt: skip
"""What a purpose can be beside these: DUO's kinds of investigation."""
_DISEASES = ("MONDO:", "DOID:")
_NAMES = {term: name for name, term in (SYMBOLS | PURPOSES).items()}

BIOMEDICAL = ("HMB", "BIOMEDICAL", "GENETIC", "DRUG")
ANCESTRY = ("POA", "ANCESTRY")
SENSITIVE = ("CTRL", "AGE", "GENDER", "POPULATION")
PERMISSIONS = ("NRES", "GRU", "HMB", "DS", "POA", "CC")
USES = ("GRU", "DS", "DISEASE", "CC", "MDS", *BIOMEDICAL, *ANCESTRY, *SENSITIVE)


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms by short name, each with what it is about; names of strangers are their ids."""

    values: dict[str, list[str]]

    @classmethod
    def of(cls, terms: Iterable[str]) -> "Terms":
        """The terms as they are kept: `DUO:0000006`, `DUO:0000007=MONDO:0005148`.

        A disease by itself, `MONDO:0005148`, is research of it.
        """
        values: dict[str, list[str]] = {}
        for each in terms:
            disease = each.startswith(_DISEASES) and "=" not in each
            term, _, about = (f"{SYMBOLS['DS']}={each}" if disease else each).partition("=")
            values.setdefault(_NAMES.get(term, term), []).extend([about] if about else [])
        return cls(values)

    def any(self, *names: str) -> bool:
        """True where one of these names is among the terms."""
        return any(each in self.values for each in names)

    @property
    def diseases(self) -> list[str]:
        """The diseases that the terms are about."""
        return [*self.values.get("DS", ()), *self.values.get("DISEASE", ())]


def spelled(term: str) -> str:
    """A term as it is kept: short names (`GRU`, `DS=MONDO:0005148`) become ids."""
    name, equals, about = term.strip().partition("=")
    return f"{(SYMBOLS | PURPOSES).get(name.upper(), name)}{equals}{about}"


def shortened(term: str) -> str:
    """A term as people say it: `GRU`, `DS=MONDO:0005148`; one without a short name as it is."""
    name, equals, about = term.partition("=")
    return f"{_NAMES.get(name, name)}{equals}{about}"


def day(text: str) -> float | None:
    """The beginning of a day (`2027-01-31`, UTC) in seconds since 1970; None where it is no day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
