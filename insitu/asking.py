"""Questions to any Beacon v2, and its answers in lines for a person.

Foreign beacons have their dialects: whatever is missing or of another kind is left out, never guessed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from governance.errors import shown
from insitu.exits import Exit, Stop
from insitu.login.choosing import site_of
from insitu.login.documents import said

Json = Mapping[str, Any]

OURS = "/ga4gh/beacon/v2"
"""Where an Insitu site has its Beacon."""

_UNRESERVED = "~:@!$&'()*+,;=<>-._"
_RECORDS_SHOWN = 20


def address(beacon: str, path: str) -> str:
    """The address of a question: a Beacon's (of a bare `https://host` an Insitu site's) and a path below it.

    Raises:
        Stop: it is none that may be asked.
    """
    base = beacon.rstrip("/") if urlsplit(beacon).path not in ("", "/") else site_of(beacon) + OURS
    site_of(base)
    segments = path.strip("/").split("/") if path.strip("/") else []
    if any(each in ("", ".", "..") for each in segments) or "?" in beacon or "#" in beacon:
        raise Stop(f"{shown(path, 200)} is no path below a Beacon; parameters are given by -p", Exit.USAGE)
    return "/".join([base, *(quote(each, safe=_UNRESERVED) for each in segments)])


def lines(answer: Json) -> Iterator[str]:
    """What a Beacon answered: how much it gave, and the sum."""
    meta, summary = _object(answer.get("meta")), _object(answer.get("responseSummary"))
    given = said(meta.get("returnedGranularity"))
    if given:
        yield f"granularity: {given}"
    if "exists" in summary:
        yield f"found: {_yes(summary['exists'])}{_total(summary)}"


def rows(answer: Json) -> tuple[list[str], list[list[str]]]:
    """The table of an answer: its collections, or what each dataset said. No rows where it has neither."""
    response = _object(answer.get("response"))
    collections = _list(response.get("collections"))
    if collections:
        titles = ["ID", "NAME", "GIVES", "NOTE"]
        return titles, [_collection(each) for each in collections]
    sets = _list(response.get("resultSets")) or _list(_object(answer.get("info")).get("datasets"))
    titles = ["DATASET", "FOUND", "COUNT", "PRECISION", "NOTE"]
    return titles, [_dataset(each) for each in sets]


def records(answer: Json) -> Iterator[str]:
    """The first records of each dataset, by what names them."""
    for each in _list(_object(answer.get("response")).get("resultSets")):
        results = _list(each.get("results"))
        for record in results[:_RECORDS_SHOWN]:
            yield f"{said(each.get('id'))}\t{_name(record)}"
        if len(results) > _RECORDS_SHOWN:
            yield f"{said(each.get('id'))}\tand {len(results) - _RECORDS_SHOWN} more: --json has all"


def notes(answer: Json) -> Sequence[str]:
    """What the Beacon says beside its answer: what was not asked, why, and what would open it."""
    listed = _object(answer.get("info")).get("warnings")
    found = listed if isinstance(listed, list) else [listed]
    return [text for text in (said(_text(each)) for each in found) if text]


def has_shape(answer: Json) -> bool:
    """Whether it is the answer to a question, and not information about the Beacon."""
    response = _object(answer.get("response"))
    return "responseSummary" in answer or "resultSets" in response or "collections" in response


def _dataset(each: Json) -> list[str]:
    count = each.get("resultsCount")
    number = str(count) if isinstance(count, int) and not isinstance(count, bool) else "-"
    note = said(_object(each.get("info")).get("note"))
    name = said(each.get("id") or each.get("datasetId")) or "-"
    return [name, _yes(each.get("exists")), number, _precision(each) or "-", note or "-"]


def _collection(each: Json) -> list[str]:
    info = _object(each.get("info"))
    levels = _object(info.get("securityLevels"))
    gives = ", ".join(f"{said(level).lower()}: {said(tier)}" for level, tier in levels.items())
    return [said(each.get("id")) or "-", said(each.get("name")) or "-", gives or "-", _door(info) or "-"]


def _door(info: Json) -> str:
    """What opens a dataset, and what the Beacon says of it."""
    visas = _object(info.get("visas"))
    values = visas.get("values")
    wants = " or ".join(said(each) for each in values) if isinstance(values, list) else ""
    door = f"opened by a {said(visas.get('type'))} visa for {wants}" if wants else ""
    return ". ".join(each for each in (said(info.get("note")).rstrip("."), door) if each)


def _total(summary: Json) -> str:
    total = summary.get("numTotalResults")
    if not isinstance(total, int) or isinstance(total, bool):
        return ""
    precision = _precision(summary)
    return f", {total}{precision and f' ({precision})'}"


def _precision(each: Json) -> str:
    adjusted = each.get("countAdjustedTo")
    listed = ", ".join(said(_text(one)) for one in adjusted) if isinstance(adjusted, list) else ""
    return ": ".join(text for text in (said(each.get("countPrecision")), listed) if text)


def _name(record: Any) -> str:
    found = _object(record)
    for name in ("id", "variantInternalId", "runId", "individualId"):
        if isinstance(found.get(name), str):
            return said(found[name])
    return "-"


def _yes(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, "-") if isinstance(value, bool) else "-"


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) else value


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
