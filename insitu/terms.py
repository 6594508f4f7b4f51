"""The options that say what a dataset gives to whom, for the commands that add and change one."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, cast

import click

from governance.datasets import JURISDICTIONS, PROTECTIONS, Circle, Dataset, Protection, Tier
from governance.policy.duo_terms import shortened

if TYPE_CHECKING:
    from governance.register import Changes

Command = Callable[..., Any]

TIER = click.Choice([each.name.lower() for each in Tier])
_ANYBODY = "What anybody gets: none, boolean (yes, no), count, record (open data)."
_LISTS = ("grants", "sources", "duo")
TIERS = ("anonymous", "registered", "controlled")
CIRCLE = click.Choice([each.name.lower() for each in Circle])
CIRCLES = ("compute", "download")

_OPTIONS = (
    click.option("--anonymous", type=TIER, help=_ANYBODY),
    click.option("--registered", type=TIER, help="What callers with GA4GH Registered Access get."),
    click.option("--controlled", type=TIER, help="What holders of a grant get: see --grant."),
    click.option(
        "--compute",
        type=CIRCLE,
        help="Whose programs may run on its files, inside this site: none, controlled (holders of a grant), "
        "registered, anonymous (anybody's).",
    ),
    click.option("--download", type=CIRCLE, help="Who may have its files themselves; said as --compute."),
    click.option(
        "--grant",
        "grants",
        multiple=True,
        metavar="VALUE",
        help="Value of a ControlledAccessGrants visa that opens --controlled; can be repeated.",
    ),
    click.option(
        "--source",
        "sources",
        multiple=True,
        metavar="URL",
        help="Only visas of this source count; can be repeated.",
    ),
    click.option(
        "--duo",
        multiple=True,
        metavar="TERM",
        help="Term of use: HMB, DUO:0000006, DS=MONDO:0005148, TS=2027-12-31; can be repeated.",
    ),
    click.option(
        "--jurisdiction", type=click.Choice(["none", *JURISDICTIONS]), help="The law whose rules apply."
    ),
    click.option(
        "--confidential/--not-confidential", default=None, help="Its existence is a secret, or is not."
    ),
    click.option(
        "--protection",
        type=click.Choice(list(PROTECTIONS)),
        help="Threshold and budget: default 5 people and 0.3 nats, strict 10 and 0.1, none.",
    ),
    click.option("--threshold", type=click.IntRange(0), help="Smallest number of people that is told."),
    click.option("--budget", type=click.FloatRange(0, min_open=True), help="Nats that a person may lose."),
    click.option("--rounding", type=click.IntRange(1), help="Counts are multiples of this."),
)

clear: Callable[[Command], Command] = click.option(
    "--clear",
    type=click.Choice([*_LISTS, "budget"]),
    multiple=True,
    help="Take away every grant, source or DUO term, or the limit of the budget; can be repeated.",
)


def options(command: Command) -> Command:
    """All options of a dataset's terms; the command gets them as keyword arguments."""
    for each in reversed(_OPTIONS):
        command = each(command)
    return command


def said(given: Mapping[str, Any], before: Protection) -> "Changes":
    """What the options say, as the register takes it; what was not given is not in it."""
    changes: dict[str, Any] = {
        each: Tier[given[each].upper()] for each in TIERS if given.get(each) is not None
    }
    changes |= {each: Circle[given[each].upper()] for each in CIRCLES if given.get(each) is not None}
    changes |= {each: given[each] for each in _LISTS if given.get(each)}
    changes |= {each: () for each in given.get("clear", ()) if each in _LISTS}
    if given.get("jurisdiction") is not None:
        changes["jurisdiction"] = None if given["jurisdiction"] == "none" else given["jurisdiction"]
    if given.get("confidential") is not None:
        changes["confidential"] = given["confidential"]
    protection = _protection(given, before)
    if protection != before:
        changes["protection"] = protection
    return cast("Changes", changes)


def _protection(given: Mapping[str, Any], before: Protection) -> Protection:
    start = PROTECTIONS[given["protection"]] if given.get("protection") else before
    parts = {each: given[each] for each in ("threshold", "budget", "rounding") if given.get(each) is not None}
    if "budget" in given.get("clear", ()):
        parts["budget"] = None
    return replace(start, **parts)


def told(found: Dataset) -> dict[str, Any]:
    """A dataset as JSON shows it."""
    named = {each: getattr(found, each).name.lower() for each in (*TIERS, *CIRCLES)}
    return asdict(found) | named


def lines(found: Dataset) -> list[tuple[str, str]]:
    """The terms of a dataset for a person: title and text, without what says nothing."""
    protection = found.protection
    budget = "no limit" if protection.budget is None else f"{protection.budget:g} nats"
    texts = {
        **{each: getattr(found, each).name.lower() for each in (*TIERS, *CIRCLES)},
        "grants": ", ".join(found.grants),
        "sources": ", ".join(found.sources),
        "duo": ", ".join(map(shortened, found.duo)),
        "jurisdiction": found.jurisdiction or "",
        "confidential": "yes" if found.confidential else "",
        "protection": f"{protection.threshold} people, {budget}, multiples of {protection.rounding}",
    }
    return [(title, text) for title, text in texts.items() if text]
