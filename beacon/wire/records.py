"""Records of the entry types in the JSON of Beacon's default model (2.1.1).

A VCF says nothing about people beyond their genotypes, and a custodian's file about them no more than whose
the samples are and their sex: what the model requires and nobody told is given as "unknown", never made up.
"""

from collections.abc import Callable
from typing import Any

from beacon.domain.consequences import TERMS
from beacon.domain.entries import EntryType
from beacon.domain.found import FoundVariant
from beacon.domain.identifiers import analysis_id, run_id
from beacon.wire.cases import case_level_data
from beacon.wire.variation import genomic_hgvs, variation
from variants.domain.allele import AlleleRow, Annotation
from variants.domain.dataset import Release, Sample
from variants.domain.sexes import Sex
from variants.service import Variants

Json = dict[str, Any]

_UNKNOWN = {"id": Sex.UNKNOWN.term, "label": "Unknown"}
_SEXES = {each: {"id": each.term, "label": each.value} for each in Sex} | {Sex.UNKNOWN: _UNKNOWN}
_SPECIMEN = {"id": "OBI:0001479", "label": "specimen from organism"}
_LOADED = "The file does not say when: this is the day it was loaded."
_WRITTEN = "The day the VCF was written (##fileDate)."
_RUN_WRITTEN = f"{_WRITTEN} The run was on that day or before."


def individual(sample: Sample, _release: Release) -> Json:
    """A person."""
    return {"id": sample.person, "sex": _SEXES[sample.sex]}


def biosample(sample: Sample, _release: Release) -> Json:
    """What was sequenced."""
    return {
        "id": sample.biosample,
        "individualId": sample.person,
        "biosampleStatus": _UNKNOWN,
        "sampleOriginType": _SPECIMEN,
    }


def run(sample: Sample, release: Release) -> Json:
    """The experiment behind a sample of a file."""
    return {
        "id": run_id(sample),
        "biosampleId": sample.biosample,
        "individualId": sample.person,
        "runDate": _day(sample, release),
        "info": {"sample": sample.name, "note": _RUN_WRITTEN if sample.written else _LOADED},
    }


def analysis(sample: Sample, release: Release) -> Json:
    """The computation that called a sample's variants."""
    return {
        "id": analysis_id(sample),
        "runId": run_id(sample),
        "biosampleId": sample.biosample,
        "individualId": sample.person,
        "analysisDate": _day(sample, release),
        "pipelineName": sample.source or "not stated in the VCF",
        "info": {"sample": sample.name, "note": _WRITTEN if sample.written else _LOADED},
    }


def _day(sample: Sample, release: Release) -> str:
    """When the sample's file was written, else when it was loaded."""
    return sample.written or release.loaded_at.date().isoformat()


PEOPLE: dict[EntryType, Callable[[Sample, Release], Json]] = {
    EntryType.INDIVIDUAL: individual,
    EntryType.BIOSAMPLE: biosample,
    EntryType.RUN: run,
    EntryType.ANALYSIS: analysis,
}


def variant(found: FoundVariant, release: Release, base_url: str) -> Json:
    """An allele with those who carry it and how frequent it is; `base_url` is this Beacon's own."""
    row = found.row
    record: Json = {
        "variantInternalId": Variants.variant_id(release.assembly, row),
        "variation": variation(release.assembly, row),
        "identifiers": _identifiers(release.assembly, row),
    }
    if row.annotation != Annotation():
        record["molecularAttributes"] = _molecular(row.annotation)
    if found.cases:
        record["caseLevelData"] = case_level_data(found.cases)
    frequencies = _frequencies(row, release, base_url)
    if frequencies:
        record["frequencyInPopulations"] = frequencies
    info = _variant_info(found)
    if info:
        record["info"] = info
    return record


def _identifiers(assembly: str, row: AlleleRow) -> Json:
    hgvs = row.annotation.hgvs
    found: Json = {
        "genomicHGVSId": genomic_hgvs(assembly, row),
        "transcriptHGVSIds": [each for each in hgvs if ":c." in each or ":n." in each],
        "proteinHGVSIds": [each for each in hgvs if ":p." in each],
        "variantAlternativeIds": [_alternative(each) for each in row.ids],
    }
    return {name: value for name, value in found.items() if value}


def _alternative(name: str) -> Json:
    if name.startswith("rs") and name[2:].isdigit():
        return {"id": f"dbSNP:{name}", "reference": f"https://www.ncbi.nlm.nih.gov/snp/{name}"}
    return {"id": name}


def _molecular(annotation: Annotation) -> Json:
    found: Json = {
        "geneIds": list(annotation.genes),
        "aminoacidChanges": list(annotation.changes),
        "molecularEffects": [
            {"id": TERMS.get(name, f"insitu:{name}"), "label": name} for name in annotation.consequences
        ],
    }
    return {name: value for name, value in found.items() if value}


def _frequencies(row: AlleleRow, release: Release, base_url: str) -> list[Json]:
    about: Json = {
        "source": f"Dataset {release.dataset_id}",
        "sourceReference": f"{base_url}/datasets/{release.dataset_id}",
    }
    found = []
    if row.ac is not None and row.an:
        one = {
            "population": release.dataset_id,
            "alleleFrequency": row.ac / row.an,
            "alleleCount": row.ac,
            "alleleNumber": row.an,
        }
        found.append(about | {"frequencies": [one]})
    if row.frequencies:
        stated = [
            {"population": name, "alleleFrequency": value} for name, value in sorted(row.frequencies.items())
        ]
        found.append(
            about | {"source": f"INFO of the files of dataset {release.dataset_id}", "frequencies": stated}
        )
    return found


def _variant_info(found: FoundVariant) -> Json:
    row = found.row
    info: Json = {}
    if row.allele.length is not None and row.allele.alt.startswith("<"):
        info["length"] = row.allele.length
    if row.mate_contig is not None:
        info["mateName"] = row.mate_contig
        if row.mate_position is not None:
            info["matePosition"] = row.mate_position
    listed = len(found.cases or ())
    if row.carried > listed:
        info["carriers"] = row.carried
        info["carriersListed"] = listed
    return info
