"""Does a stated purpose fit a dataset's terms of use? DUO, matched by the published rules of DUOS.

DUOS (Broad Institute) compares the purpose of a request with the terms of a dataset. It approves, denies, or
abstains where a person has to look; here these are permit, deny and refer. Terms are written `DUO:0000006`,
or with what they are about, `DUO:0000007=MONDO:0005148`. docs/policy.md has the whole table.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from governance.policy.diseases import Diseases

Fit = Literal["none", "unstated", "permit", "deny", "refer"]

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
_NAMES = {term: name for name, term in (SYMBOLS | PURPOSES).items()}

_BIOMEDICAL = ("HMB", "BIOMEDICAL", "GENETIC", "DRUG")
_ANCESTRY = ("POA", "POPULATION", "ANCESTRY")
_SENSITIVE = ("CTRL", "AGE", "GENDER")
_PERMISSIONS = ("NRES", "GRU", "HMB", "DS", "POA", "CC")
_USES = ("GRU", "DS", "DISEASE", "CC", "MDS", *_BIOMEDICAL, *_ANCESTRY, *_SENSITIVE)


@dataclass(frozen=True, slots=True)
class Match:
    """How a purpose fits, why, and until when (seconds since 1970; None where no date is near)."""

    fit: Fit
    reasons: tuple[str, ...] = ()
    until: float | None = None


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms by short name, each with what it is about; names of strangers are their ids."""

    values: dict[str, list[str]]

    @classmethod
    def of(cls, terms: Iterable[str]) -> "_Terms":
        values: dict[str, list[str]] = {}
        for each in terms:
            term, _, about = each.partition("=")
            values.setdefault(_NAMES.get(term, term), []).extend([about] if about else [])
        return cls(values)

    def any(self, *names: str) -> bool:
        return any(each in self.values for each in names)

    @property
    def diseases(self) -> list[str]:
        return [*self.values.get("DS", ()), *self.values.get("DISEASE", ())]


_Judged = tuple[Fit, str]


def match(terms: tuple[str, ...], purpose: tuple[str, ...], diseases: Diseases, now: float) -> Match:
    """How the purpose fits a dataset's terms at a moment (seconds since 1970)."""
    if not terms:
        return Match("none")
    data = _Terms.of(terms)
    until = min((each for each in _ends(data) if each > now), default=None)
    over = tuple(_over(data, now))
    if over:
        return Match("deny", over, until)
    if set(data.values) == {"NRES"}:
        return Match("permit", ("NRES: no restriction",))
    if not purpose:
        return Match("unstated", ("no purpose is stated",), until)
    aims = _Terms.of(purpose)
    if aims.any(*_SENSITIVE):  # as DUOS: such a purpose is always a person's to judge
        return Match(
            "refer", ("a purpose by age, gender or as control group needs a person's judgement",), until
        )
    judged = [*_uses(data, aims, diseases), *_modifiers(data, aims, now)]
    fits: tuple[Fit, Fit] = ("deny", "refer")
    for fit in fits:
        reasons = tuple(reason for found, reason in judged if found == fit)
        if reasons:
            return Match(fit, reasons, until)
    return Match("permit", tuple(reason for _, reason in judged), until)


def _uses(data: _Terms, aims: _Terms, diseases: Diseases) -> Iterator[_Judged]:
    """What the permission terms of the dataset say of each use that is stated."""
    if data.any("NRES"):
        yield "permit", "NRES: no restriction"
        return
    if not data.any(*_PERMISSIONS):
        yield "refer", "the dataset has no term that permits a use"
        return
    if not aims.any(*_USES):
        yield "refer", "the purpose names no use that can be compared"
    if aims.any("GRU"):
        yield _one_of(data, ("GRU",), "general research")
    if aims.any("DS", "DISEASE"):
        yield from _disease(data, aims, diseases)
    elif aims.any(*_BIOMEDICAL):
        yield _one_of(data, ("GRU", "HMB"), "health, medical or biomedical research")
    if aims.any(*_ANCESTRY):
        yield _one_of(data, ("GRU", "POA"), "research of populations, origins or ancestry")
    if aims.any("MDS"):
        yield from _methods(data, aims, diseases)
    if aims.any("CC"):
        yield _one_of(data, ("CC",), "clinical care")


def _one_of(data: _Terms, names: tuple[str, ...], use: str) -> _Judged:
    found = [each for each in names if data.any(each)]
    if found:
        return "permit", f"{found[0]} permits {use}"
    held = ", ".join(each for each in _PERMISSIONS if data.any(each))
    return "deny", f"{held} does not permit {use}"


def _disease(data: _Terms, aims: _Terms, diseases: Diseases) -> Iterator[_Judged]:
    """Each disease of the purpose is one of the dataset's or a kind of one; GRU and HMB cover all."""
    if data.any("GRU", "HMB"):
        yield _one_of(data, ("GRU", "HMB"), "research of a disease")
        return
    if not data.any("DS"):
        yield _one_of(data, ("DS",), "research of a disease")
        return
    if not aims.diseases or not data.diseases:
        yield "refer", "DS cannot be compared where purpose or dataset names no disease"
    for each in aims.diseases if data.diseases else ():
        above = diseases.above(each)
        if each in data.diseases or (above is not None and not above.isdisjoint(data.diseases)):
            yield "permit", f"{each} is, or is a kind of, a disease of the dataset"
        elif above is None:
            yield "refer", f"what {each} is a kind of is not known here"
        else:
            yield "deny", f"{each} is no kind of {', '.join(data.diseases)}"


def _methods(data: _Terms, aims: _Terms, diseases: Diseases) -> Iterator[_Judged]:
    """Methods are within GRU, HMB and POA, and within DS for a disease that fits; NMDS excludes them."""
    if data.any("NMDS"):
        yield "deny", "NMDS prohibits the development of methods"
    elif data.any("GRU", "HMB", "POA"):
        yield _one_of(data, ("GRU", "HMB", "POA"), "the development of methods")
    elif aims.any("DS", "DISEASE"):
        yield from _disease(data, aims, diseases)
    else:
        yield "deny", "DS permits the development of methods for its disease alone"


def _modifiers(data: _Terms, aims: _Terms, now: float) -> Iterator[_Judged]:
    """What each modifier of the dataset says; one that nobody has a rule for is a person's to judge."""
    for name, values in data.values.items():
        rule = _MODIFIERS.get(name)
        if rule is not None:
            yield rule(name, values, aims, now)
        elif name not in _PERMISSIONS:
            yield "refer", f"{name} has no rule here"


_Modifier = Callable[[str, list[str], _Terms, float], _Judged]


def _excludes(*uses: str) -> _Modifier:
    def judge(name: str, _values: list[str], aims: _Terms, _now: float) -> _Judged:
        found = aims.any(*uses)
        return ("deny", f"{name} prohibits this use") if found else ("permit", f"{name} is respected")

    return judge


def _declared(*names: str, otherwise: Fit) -> _Modifier:
    """Satisfied where the purpose declares one of `names`."""

    def judge(name: str, _values: list[str], aims: _Terms, _now: float) -> _Judged:
        if aims.any(*names):
            return "permit", f"{name} is declared"
        return otherwise, f"{name} is not declared in the purpose"

    return judge


def _both(name: str, _values: list[str], aims: _Terms, _now: float) -> _Judged:
    """NPUNCU: by a not-for-profit organisation, and for a non-commercial use."""
    if aims.any("NPUNCU") or (aims.any("NPU") and aims.any("NCU")):
        return "permit", f"{name} is declared"
    return "deny", f"{name} is not declared in the purpose"


def _same(name: str, values: list[str], aims: _Terms, _now: float) -> _Judged:
    """GS: the place that the purpose declares is one of the dataset's."""
    stated = aims.values.get(name, [])
    if not stated or not values:
        return "refer", f"{name}: the purpose or the dataset names no place"
    if set(stated) <= set(values):
        return "permit", f"{name}: {', '.join(stated)}"
    return "deny", f"{name} is limited to {', '.join(values)}"


def _dated(name: str, values: list[str], aims: _Terms, now: float) -> _Judged:
    """MOR: no publication before a date; open to who promises that, and to all afterwards."""
    days = [_day(each) for each in values]
    if aims.any(name) or (days and all(each is not None and each <= now for each in days)):
        return "permit", f"{name}: promised, or over"
    return "refer", f"{name} is not promised in the purpose"


def _until(name: str, values: list[str], _aims: _Terms, _now: float) -> _Judged:
    """TS: what has run out was denied before; without a date a person has to look."""
    known = bool(values) and all(_day(each) is not None for each in values)
    return (
        ("permit", f"{name} has not run out") if known else ("refer", f"{name} has no date that can be read")
    )


def _person(name: str, _values: list[str], _aims: _Terms, _now: float) -> _Judged:
    return "refer", f"{name} needs evidence that a person has to see"


_MODIFIERS: dict[str, _Modifier] = {
    "RU": _excludes("CC"),
    "NMDS": _excludes("MDS"),
    "NPOA": _excludes(*_ANCESTRY),
    "GSO": _declared("GENETIC", "GSO", otherwise="refer"),
    "NPU": _declared("NPU", "NPUNCU", otherwise="deny"),
    "NCU": _declared("NCU", "NPUNCU", otherwise="deny"),
    "NPUNCU": _both,
    "PUB": _declared("PUB", otherwise="refer"),
    "COL": _declared("COL", otherwise="refer"),
    "RTN": _declared("RTN", otherwise="refer"),
    "GS": _same,
    "MOR": _dated,
    "TS": _until,
    "RS": _person,
    "IRB": _person,
    "US": _person,
    "PS": _person,
    "IS": _person,
}


def _ends(data: _Terms) -> Iterator[float]:
    """The moments at which a term of the dataset changes what it says."""
    for name in ("TS", "MOR"):
        yield from (day for day in map(_day, data.values.get(name, ())) if day is not None)


def _over(data: _Terms, now: float) -> Iterator[str]:
    for each in data.values.get("TS", ()):
        day = _day(each)
        if day is not None and day <= now:
            yield f"TS: the time of use ended on {each}"


def _day(text: str) -> float | None:
    """The beginning of a day (`2027-01-31`, UTC) in seconds since 1970; None where it is no day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def spelled(term: str) -> str:
    """A term as it is kept: short names (`GRU`, `DS=MONDO:0005148`) become ids."""
    name, equals, about = term.strip().partition("=")
    return f"{(SYMBOLS | PURPOSES).get(name.upper(), name)}{equals}{about}"


def shortened(term: str) -> str:
    """A term as people say it: `GRU`, `DS=MONDO:0005148`; one without a short name as it is."""
    name, equals, about = term.partition("=")
    return f"{_NAMES.get(name, name)}{equals}{about}"
