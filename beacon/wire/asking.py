"""A GET's parameters or a POST's body become one and the same question.

GET is first brought into the form of a POST's `query`, so that both say the same by construction.
`requestParameters` may be nested (`{"g_variant": {...}}`) or flat; `pagination` and `requestedGranularity`
may stand in `query` or at the root; both spellings of the misnamed parameters are taken (STANDARDS 1.3,
Beacon v2 framework `beaconRequestBody`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beacon.domain.asking import Asked, Granularity, Include
from beacon.errors import BadRequest
from beacon.wire import parameters as known
from beacon.wire.filters import read_filters
from beacon.wire.values import flag, mapping, one_of, places, text, texts, whole
from serving.naming import pythonic
from serving.request import RequestFacts
from variants.domain.question import Question

_ROOT_KEYS = frozenset({"meta", "query", "pagination", "requestedGranularity"})
_ARGUMENTS = {pythonic(name): name for name in (*known.VARIANT, *known.MISNAMED)}
_VARIANT_KEYS = frozenset({"g_variant", "g_variants", "genomicVariant"})
_INNER_KEYS = frozenset({*known.VARIANT, *known.MISNAMED, *_VARIANT_KEYS, "datasets"})
_MOST_PAGES = 10**9
_MOST_WITH_WILDCARDS = 50
_PLAIN_BASES = frozenset("ACGTUacgtu")
_PAGE_KEYS = frozenset({"skip", "limit"})
_QUERY_KEYS = frozenset(
    {
        "requestParameters", "filters", "datasetIds", "includeResultsetResponses", "pagination",
        "requestedGranularity", "testMode",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """What this Beacon answers when not told, and how much it takes."""

    granularity: Granularity = Granularity.BOOLEAN
    limit: int = 10
    max_limit: int = 1_000
    max_filters: int = 100
    max_datasets: int = 100


def from_query(arguments: Mapping[str, Any], facts: RequestFacts, bounds: Bounds) -> Asked:
    """The question of a GET. `arguments` are the declared parameters under their pythonic names.

    Raises:
        BadRequest, UnknownParameter: says what to change.
    """
    given = {name: arguments[key] for key, name in _ARGUMENTS.items() if arguments.get(key) is not None}
    query = {
        "requestParameters": given,
        "filters": [each for each in arguments.get("filters") or () if each],
        "datasetIds": [each for each in arguments.get("dataset_ids") or () if each],
        "includeResultsetResponses": arguments.get("include_resultset_responses"),
        "requestedGranularity": arguments.get("requested_granularity"),
        "testMode": arguments.get("test_mode"),
        "pagination": {"skip": arguments.get("skip"), "limit": arguments.get("limit")},
    }
    wanted = arguments.get("requested_schema")
    meta = {} if wanted is None else {"requestedSchemas": [{"schema": wanted}]}
    warnings = known.left_out(dict.fromkeys(name for name, _ in facts.query if name not in facts.declared))
    return _read(query, meta, bounds, warnings)


def from_body(body: object, facts: RequestFacts, bounds: Bounds) -> Asked:
    """The question of a POST; no body asks for everything, as a GET without parameters does.

    Raises:
        BadRequest, UnknownParameter: says what to change.
    """
    whole_body = mapping(body, "the body")
    query = dict(mapping(whole_body.get("query"), "query"))
    for key in ("pagination", "requestedGranularity"):
        if query.get(key) is None:
            query[key] = whole_body.get(key)
    warnings = _in_the_url(facts)
    warnings += _strangers(whole_body, _ROOT_KEYS, "the body", dict.fromkeys(_QUERY_KEYS, "query"))
    warnings += _strangers(query, _QUERY_KEYS, "query", dict.fromkeys(_INNER_KEYS, "query.requestParameters"))
    return _read(query, mapping(whole_body.get("meta"), "meta"), bounds, warnings)


def _in_the_url(facts: RequestFacts) -> list[str]:
    """The warning for parameters in the URL of a POST; one that narrows the question is refused."""
    for name, _ in facts.query:
        if name in known.NARROWING:
            raise BadRequest(f"'{name}' stands in the URL of a POST: move it into the body.")
    return ["Parameters in the URL of a POST were left out: put them into the body."] if facts.query else []


def _strangers(
    given: Mapping[str, Any], expected: frozenset[str], where: str, homes: Mapping[str, str]
) -> list[str]:
    """Warnings for keys that do not belong; one that belongs elsewhere would be lost and is refused."""
    found = [key for key in given if key not in expected and key != "$schema"]
    for key in found:
        if key in homes:
            raise BadRequest(f"'{key}' does not belong into {where}: move it into '{homes[key]}'.")
    return known.left_out(found)


def _read(query: Mapping[str, Any], meta: Mapping[str, Any], bounds: Bounds, warnings: list[str]) -> Asked:
    given, named = _parameters(mapping(query.get("requestParameters"), "requestParameters"), warnings)
    datasets = [*texts(query.get("datasetIds"), "datasetIds"), *named]
    if len(datasets) > bounds.max_datasets:
        raise BadRequest(
            f"{len(datasets)} datasetIds are too many: name at most {bounds.max_datasets}, or none for all."
        )
    fields = {known.VARIANT[name]: value for name, value in given.items()}
    skip, limit = _page(mapping(query.get("pagination"), "pagination"), bounds, warnings)
    return Asked(
        question=Question(**fields),
        granularity=one_of(
            Granularity, query.get("requestedGranularity"), "requestedGranularity", bounds.granularity
        ),
        include=one_of(
            Include, query.get("includeResultsetResponses"), "includeResultsetResponses", Include.HIT
        ),
        skip=skip,
        limit=limit,
        filters=read_filters(query.get("filters"), bounds.max_filters),
        datasets=tuple(dict.fromkeys(datasets)),
        test=flag(query.get("testMode"), "testMode"),
        api_version=text(meta["apiVersion"], "meta.apiVersion")
        if meta.get("apiVersion") is not None
        else None,
        schemas=_schemas(meta.get("requestedSchemas")),
        parameters={
            name: list(value) if isinstance(value, tuple) else value for name, value in given.items()
        },
        warnings=tuple(warnings),
    )


def _parameters(
    raw: Mapping[str, Any], warnings: list[str], *, nested: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Variant parameters under their official names, and the datasets named among them."""
    given: dict[str, Any] = {}
    datasets: list[str] = []
    strangers: list[str] = []
    for key, value in raw.items():
        if key in _VARIANT_KEYS:
            if nested:
                raise BadRequest(f"'{key}' stands inside another one: keep the outer one.")
            inner, more = _parameters(mapping(value, key), warnings, nested=True)
            datasets += more
            for name, each in inner.items():
                _put(given, name, each)
        elif key == "datasetIds" or (key == "datasets" and not isinstance(value, Mapping)):
            datasets += texts(value, key)
        elif key == "datasets":
            datasets += texts(value.get("datasetIds"), "datasets.datasetIds")
        elif key != "$schema" and value is not None:
            name = known.MISNAMED.get(key, key)
            if name not in known.VARIANT:
                if isinstance(value, Mapping) and value:
                    # Left out with what it holds, it would widen the question to everything.
                    raise BadRequest(
                        f"'{known.short(key)}' is not known here: put variant parameters into 'g_variant'."
                    )
                strangers.append(key)
                continue
            _put(given, name, _value(name, value))
    warnings += known.left_out(strangers)
    return given, datasets


def _value(name: str, value: object) -> object:
    if name in known.BASES:
        return _bases(text(value, name, empty=True), name)
    if name in known.TEXTS:
        return text(value, name)
    return places(value, name) if name in known.PLACES else whole(value, name)


def _bases(words: str, name: str) -> str:
    """The bases. Each wildcard multiplies what is looked for, so long bases may hold none."""
    if len(words) > _MOST_WITH_WILDCARDS and not _PLAIN_BASES.issuperset(words):
        raise BadRequest(
            f"'{name}' has {len(words)} bases, some of them wildcards: give at most "
            f"{_MOST_WITH_WILDCARDS}, or only A, C, G and T, or ask for a range with variant lengths."
        )
    return words


def _put(given: dict[str, Any], name: str, value: object) -> None:
    if name in given and given[name] != value:
        raise BadRequest(f"'{name}' is given twice with different values: keep one.")
    given[name] = value


def _page(raw: Mapping[str, Any], bounds: Bounds, warnings: list[str]) -> tuple[int, int]:
    skip, limit = (_counted(raw.get(key), key) for key in ("skip", "limit"))
    if any(raw.get(key) is not None for key in raw.keys() - _PAGE_KEYS):
        warnings.append("Pages have no tokens here: use 'skip' (in pages) and 'limit'.")
    if limit is not None and limit > bounds.max_limit:
        warnings.append(f"'limit' is {bounds.max_limit} here, the most records of a page.")
    size = bounds.limit if limit is None else limit or bounds.max_limit
    return skip or 0, min(size, bounds.max_limit)


def _counted(value: object, name: str) -> int | None:
    if value is None:
        return None
    number = whole(value, name)
    if not 0 <= number <= _MOST_PAGES:
        raise BadRequest(f"'{name}' must lie between 0 and {_MOST_PAGES}.")
    return number


def _schemas(raw: object) -> tuple[dict[str, str], ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise BadRequest("'meta.requestedSchemas' must be a list of objects with 'entityType' and 'schema'.")
    wanted = (mapping(each, "meta.requestedSchemas") for each in raw[:10])
    return tuple(
        {key: known.short(each[key]) for key in ("entityType", "schema") if isinstance(each.get(key), str)}
        for each in wanted
    )
