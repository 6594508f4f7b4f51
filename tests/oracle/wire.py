"""A question as a Beacon client sends it: a query string or a body."""

from typing import Any

from variants.domain.question import Question

_NAMES = {
    "assembly": "assemblyId",
    "reference": "referenceName",
    "reference_bases": "referenceBases",
    "alternate_bases": "alternateBases",
    "variant_type": "variantType",
    "gene": "geneId",
    "aminoacid_change": "aminoacidChange",
    "short_form": "genomicAlleleShortForm",
    "min_length": "variantMinLength",
    "max_length": "variantMaxLength",
    "mate": "mateName",
}


def can_be_sent(question: Question) -> bool:
    """True where the standard's request parameters say all of it."""
    unsaid = (question.carried_by, question.consequence, question.consequences, question.classes)
    return not any(part not in (None, ()) for part in unsaid)


def parameters(question: Question) -> dict[str, Any]:
    """The `g_variant` request parameters, with starts and ends as lists."""
    said = {
        wire: getattr(question, name) for name, wire in _NAMES.items() if getattr(question, name) is not None
    }
    places = {"start": list(question.start), "end": list(question.end)}
    return said | {name: places[name] for name in places if places[name]}


def query(question: Question, dataset: str, granularity: str, limit: int) -> dict[str, str]:
    """The GET form: lists joined by commas."""
    said = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in parameters(question).items()
    }
    return said | {"datasetIds": dataset, "requestedGranularity": granularity, "limit": str(limit)}


def body(question: Question, dataset: str, granularity: str, limit: int) -> dict[str, Any]:
    """The POST form, as the framework's schema wants it."""
    return {
        "meta": {"apiVersion": "v2.1.1"},
        "query": {
            "requestParameters": {"g_variant": parameters(question), "datasets": {"datasetIds": [dataset]}},
            "requestedGranularity": granularity,
            "pagination": {"skip": 0, "limit": limit},
            "includeResultsetResponses": "ALL",
        },
    }
