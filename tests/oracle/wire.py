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
# As the Genotype Ontology and the NCI Thesaurus have them.
_TERMS = {
    "heterozygous": "GENO:0000135",
    "homozygous": "GENO:0000136",
    "hemizygous": "GENO:0000134",
    "indeterminate": "GENO:0000137",
    "female": "NCIT:C16576",
    "male": "NCIT:C20197",
    "other": "NCIT:C17649",
    "unknown": "NCIT:C17998",
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


def filters(question: Question) -> list[str]:
    """The filters on whoever carries the allele."""
    return [_TERMS[each] for each in (*question.zygosities, *question.sexes)]


def query(question: Question, dataset: str, granularity: str, limit: int) -> dict[str, str]:
    """The GET form: lists joined by commas."""
    said = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in parameters(question).items()
    }
    if terms := filters(question):
        said["filters"] = ",".join(terms)
    return said | {"datasetIds": dataset, "requestedGranularity": granularity, "limit": str(limit)}


def body(question: Question, dataset: str, granularity: str, limit: int) -> dict[str, Any]:
    """The POST form, as the framework's schema wants it."""
    return {
        "meta": {"apiVersion": "v2.1.1"},
        "query": {
            "requestParameters": {"g_variant": parameters(question), "datasets": {"datasetIds": [dataset]}},
            "filters": [{"id": term} for term in filters(question)],
            "requestedGranularity": granularity,
            "pagination": {"skip": 0, "limit": limit},
            "includeResultsetResponses": "ALL",
        },
    }
