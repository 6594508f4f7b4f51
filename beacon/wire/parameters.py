"""The names a Beacon question may use, and what is said of those it may not.

A misspelt parameter that narrows the question would, left out, widen the answer to everything: it is refused,
naming the nearest known one. Any other unknown parameter is left out with a warning.
"""

from collections.abc import Collection
from difflib import get_close_matches

from beacon.errors import UnknownParameter

# Official name of each variant parameter, with the field of `Question` that it fills.
TEXTS = {
    "assemblyId": "assembly",
    "referenceName": "reference",
    "referenceBases": "reference_bases",
    "alternateBases": "alternate_bases",
    "variantType": "variant_type",
    "geneId": "gene",
    "aminoacidChange": "aminoacid_change",
    "genomicAlleleShortForm": "short_form",
    "mateName": "mate",
}
PLACES = {"start": "start", "end": "end"}
LENGTHS = {"variantMinLength": "min_length", "variantMaxLength": "max_length"}
VARIANT = {**TEXTS, **PLACES, **LENGTHS}
BASES = ("referenceBases", "alternateBases")  # an empty one means something: no base

# The official OpenAPI document names these two differently from the rest of the standard.
MISNAMED = {"geneid": "geneId", "allele": "genomicAlleleShortForm"}

NARROWING = (*VARIANT, *MISNAMED, "filters", "datasetIds", "testMode")
CONTROLS = ("requestedGranularity", "includeResultsetResponses", "requestedSchema", "skip", "limit")

# What other standards and older Beacons call them: too far from the right name for spelling to find it.
_KNOWN_AS = {
    "alt": "alternateBases",
    "altbases": "alternateBases",
    "alternate": "alternateBases",
    "build": "assemblyId",
    "genome": "assemblyId",
    "genomebuild": "assemblyId",
    "chr": "referenceName",
    "chrom": "referenceName",
    "refname": "referenceName",
    "chromosome": "referenceName",
    "contig": "referenceName",
    "seqname": "referenceName",
    "dataset": "datasetIds",
    "filter": "filters",
    "gene": "geneId",
    "genesymbol": "geneId",
    "hgvs": "genomicAlleleShortForm",
    "maxlength": "variantMaxLength",
    "minlength": "variantMinLength",
    "pos": "start",
    "position": "start",
    "ref": "referenceBases",
    "refbases": "referenceBases",
    "reference": "referenceName",
    "stop": "end",
    "svtype": "variantType",
    "test": "testMode",
    "type": "variantType",
}
_PLAIN = {name.lower(): name for name in (*NARROWING, *CONTROLS)}
_MOST_UNKNOWN = 20  # looking for the nearest name takes time, and nobody slips so often
_NEAR = 0.78  # of difflib's ratio: `referencName` and `assembly_id` are near, `foo` and `pretty` are not


def short(text: object) -> str:
    """The caller's words, printable and cut so that an answer never echoes them at length."""
    words = "".join(each if each.isprintable() else "?" for each in str(text)[:41])
    return words if len(words) <= 40 else f"{words[:37]}..."


def nearest(name: str) -> str | None:
    """The known parameter that a name was probably meant to be."""
    plain = name.lower().replace("_", "").replace("-", "")[:64]
    if plain in _KNOWN_AS:
        return _KNOWN_AS[plain]
    found = get_close_matches(plain, _PLAIN, n=1, cutoff=_NEAR)
    return MISNAMED.get(_PLAIN[found[0]], _PLAIN[found[0]]) if found else None


def left_out(names: Collection[str]) -> list[str]:
    """A warning for each parameter that is not known and was left out.

    Raises:
        UnknownParameter: one is near a parameter that narrows the question, or they are too many to look at.
    """
    if len(names) > _MOST_UNKNOWN:
        raise UnknownParameter(f"{len(names)} parameters are not known here: leave them out.")
    return [_left_out(name) for name in names]


def _left_out(name: str) -> str:
    if name in NARROWING:
        raise UnknownParameter(f"This path takes no parameter '{name}': leave it out.")
    meant = nearest(name)
    if meant in NARROWING:
        raise UnknownParameter(f"There is no parameter '{short(name)}': did you mean '{meant}'?")
    hint = f"; did you mean '{meant}'?" if meant else "."
    return f"Parameter '{short(name)}' is not known here and was left out{hint}"
