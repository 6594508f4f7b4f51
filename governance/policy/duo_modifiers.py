"""What the modifiers of a dataset's terms of use ask of a purpose."""

from collections.abc import Callable, Iterator

from governance.policy.duo_terms import ANCESTRY, PERMISSIONS, Fit, Judged, Terms, day

_Modifier = Callable[[str, list[str], Terms, float], Judged]


def _excludes(*uses: str) -> _Modifier:
    def judge(name: str, _values: list[str], aims: Terms, _now: float) -> Judged:
        found = aims.any(*uses)
        return ("deny", f"{name} prohibits this use") if found else ("permit", f"{name} is respected")

    return judge


def _declared(*names: str, otherwise: Fit) -> _Modifier:
    """Satisfied where the purpose declares one of `names`."""

    def judge(name: str, _values: list[str], aims: Terms, _now: float) -> Judged:
        if aims.any(*names):
            return "permit", f"{name} is declared"
        return otherwise, f"{name} is not declared in the purpose"

    return judge


def _both(name: str, _values: list[str], aims: Terms, _now: float) -> Judged:
    """NPUNCU: by a not-for-profit organisation, and for a non-commercial use."""
    if aims.any("NPUNCU") or (aims.any("NPU") and aims.any("NCU")):
        return "permit", f"{name} is declared"
    return "deny", f"{name} is not declared in the purpose"


def _same(name: str, values: list[str], aims: Terms, _now: float) -> Judged:
    """GS: the place that the purpose declares is one of the dataset's."""
    stated = aims.values.get(name, [])
    if not stated or not values:
        return "refer", f"{name}: the purpose or the dataset names no place"
    if set(stated) <= set(values):
        return "permit", f"{name}: {', '.join(stated)}"
    return "deny", f"{name} is limited to {', '.join(values)}"


def _dated(name: str, values: list[str], aims: Terms, now: float) -> Judged:
    """MOR: no publication before a date; open to who promises that, and to all afterwards."""
    days = [day(each) for each in values]
    if aims.any(name) or (days and all(each is not None and each <= now for each in days)):
        return "permit", f"{name}: promised, or over"
    return "refer", f"{name} is not promised in the purpose"


def _until(name: str, values: list[str], _aims: Terms, _now: float) -> Judged:
    """TS: what has run out was denied before; without a date a person has to look."""
    known = bool(values) and all(day(each) is not None for each in values)
    return (
        ("permit", f"{name} has not run out") if known else ("refer", f"{name} has no date that can be read")
    )


def _person(name: str, _values: list[str], _aims: Terms, _now: float) -> Judged:
    return "refer", f"{name} needs evidence that a person has to see"


_MODIFIERS: dict[str, _Modifier] = {
    "RU": _excludes("CC"),
    "NMDS": _excludes("MDS"),
    "NPOA": _excludes(*ANCESTRY),
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


def modifiers(data: Terms, aims: Terms, now: float) -> Iterator[Judged]:
    """What each modifier of the dataset says; one that nobody has a rule for is a person's to judge."""
    for name, values in data.values.items():
        rule = _MODIFIERS.get(name)
        if rule is not None:
            yield rule(name, values, aims, now)
        elif name not in PERMISSIONS:
            yield "refer", f"{name} has no rule here"
