"""Does a stated purpose fit a dataset's terms of use? DUO, matched by the published rules of DUOS.

DUOS (Broad Institute) compares the purpose of a request with the terms of a dataset. It approves, denies, or
abstains where a person has to look; here these are permit, deny and refer. Terms are written `DUO:0000006`,
or with what they are about, `DUO:0000007=MONDO:0005148`. docs/policy.md has the whole table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from governance.policy.diseases import Diseases
from governance.policy.duo_modifiers import modifiers
from governance.policy.duo_terms import (
    ANCESTRY,
    BIOMEDICAL,
    PERMISSIONS,
    SENSITIVE,
    USES,
    Fit,
    Judged,
    Terms,
    day,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """How a purpose fits, why, and until when (seconds since 1970; None where no date is near)."""

    fit: Fit
    reasons: tuple[str, ...] = ()
    until: float | None = None


def match(terms: tuple[str, ...], purpose: tuple[str, ...], diseases: Diseases, now: float) -> Match:
    """How the purpose fits a dataset's terms at a moment (seconds since 1970)."""
    if not terms:
        return Match("none")
    data = Terms.of(terms)
    until = min((each for each in _ends(data) if each > now), default=None)
    over = tuple(_over(data, now))
    if over:
        return Match("deny", over, until)
    if set(data.values) == {"NRES"}:
        return Match("permit", ("NRES: no restriction",))
    if not purpose:
        return Match("unstated", ("no purpose is stated",), until)
    aims = Terms.of(purpose)
    if aims.any(*SENSITIVE):  # as DUOS: such a purpose is always a person's to judge
        reason = "a purpose by age, gender, population or as control group needs a person's judgement"
        return Match("refer", (reason,), until)
    judged = [*_uses(data, aims, diseases), *modifiers(data, aims, now)]
    fits: tuple[Fit, Fit] = ("deny", "refer")
    for fit in fits:
        reasons = tuple(reason for found, reason in judged if found == fit)
        if reasons:
            return Match(fit, reasons, until)
    return Match("permit", tuple(reason for _, reason in judged), until)


def _uses(data: Terms, aims: Terms, diseases: Diseases) -> Iterator[Judged]:
    """What the permission terms of the dataset say of each use that is stated."""
    if data.any("NRES"):
        yield "permit", "NRES: no restriction"
        return
    if not data.any(*PERMISSIONS):
        yield "refer", "the dataset has no term that permits a use"
        return
    if not aims.any(*USES):
        yield "refer", "the purpose names no use that can be compared"
    if aims.any("GRU"):
        yield _one_of(data, ("GRU",), "general research")
    if aims.any("DS", "DISEASE"):
        yield from _disease(data, aims, diseases)
    elif aims.any(*BIOMEDICAL):
        yield _one_of(data, ("GRU", "HMB"), "health, medical or biomedical research")
    if aims.any(*ANCESTRY):
        yield _one_of(data, ("GRU", "POA"), "research of origins or ancestry")
    if aims.any("MDS"):
        yield from _methods(data, aims, diseases)
    if aims.any("CC"):
        yield _one_of(data, ("CC",), "clinical care")


def _one_of(data: Terms, names: tuple[str, ...], use: str) -> Judged:
    found = [each for each in names if data.any(each)]
    if found:
        return "permit", f"{found[0]} permits {use}"
    held = ", ".join(each for each in PERMISSIONS if data.any(each))
    return "deny", f"{held} does not permit {use}"


def _disease(data: Terms, aims: Terms, diseases: Diseases) -> Iterator[Judged]:
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


def _methods(data: Terms, aims: Terms, diseases: Diseases) -> Iterator[Judged]:
    """Methods are within GRU, HMB and POA, and within DS for a disease that fits; NMDS excludes them.

    DUOS also approves methods alone on DS, for it finds no disease that does not fit, and on CC, for it has
    no rule. That says more than the terms do: here both are denied.
    """
    if data.any("NMDS"):
        yield "deny", "NMDS prohibits the development of methods"
    elif data.any("GRU", "HMB", "POA"):
        yield _one_of(data, ("GRU", "HMB", "POA"), "the development of methods")
    elif not data.any("DS"):
        yield _one_of(data, ("GRU", "HMB", "POA", "DS"), "the development of methods")
    elif aims.any("DS", "DISEASE"):
        yield from _disease(data, aims, diseases)
    else:
        yield "deny", "DS permits the development of methods for its disease alone"


def _ends(data: Terms) -> Iterator[float]:
    """The moments at which a term of the dataset changes what it says."""
    for name in ("TS", "MOR"):
        yield from (end for end in map(day, data.values.get(name, ())) if end is not None)


def _over(data: Terms, now: float) -> Iterator[str]:
    for each in data.values.get("TS", ()):
        end = day(each)
        if end is not None and end <= now:
            yield f"TS: the time of use ended on {each}"
