"""The seven entry types of the Beacon v2 default model, and where each is found (beaconMap, 2.1.1)."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class About:
    """How an entry type is named and described. `tail` is its part of an operationId, one and many."""

    id: str
    segment: str
    one: str
    many: str
    name: str
    description: str
    schema: str
    folder: str
    term: str
    label: str
    version: str = "v2.0.0"


class EntryType(Enum):
    """What a Beacon gives records of."""

    VARIANT = About(
        "genomicVariant",
        "g_variants",
        "Variant",
        "Variants",
        "Genomic variants",
        "An allele that differs from the reference sequence, with those who carry it.",
        "ga4gh-beacon-variant-v2.1.0",
        "genomicVariations",
        "ENSGLOSSARY:0000092",
        "Variant",
        "v2.1.0",
    )
    INDIVIDUAL = About(
        "individual",
        "individuals",
        "Individual",
        "Individuals",
        "Individuals",
        "A person with at least one sample.",
        "ga4gh-beacon-individual-v2.0.0",
        "individuals",
        "NCIT:C25190",
        "Person",
    )
    BIOSAMPLE = About(
        "biosample",
        "biosamples",
        "Biosample",
        "Biosamples",
        "Biosamples",
        "Material that was taken from a person.",
        "ga4gh-beacon-biosample-v2.0.0",
        "biosamples",
        "NCIT:C70699",
        "Biospecimen",
    )
    RUN = About(
        "run",
        "runs",
        "Run",
        "Runs",
        "Sequencing runs",
        "The experiment that a sample of a file stands for.",
        "ga4gh-beacon-run-v2.0.0",
        "runs",
        "NCIT:C148088",
        "Sequencing run",
    )
    ANALYSIS = About(
        "analysis",
        "analyses",
        "Analysis",
        "Analyses",
        "Bioinformatics analyses",
        "The computation that called the variants of a sample.",
        "ga4gh-beacon-analysis-v2.0.0",
        "analyses",
        "edam:operation_2945",
        "Analysis",
    )
    DATASET = About(
        "dataset",
        "datasets",
        "Dataset",
        "Datasets",
        "Datasets",
        "Variants and samples that are governed together.",
        "ga4gh-beacon-dataset-v2.0.0",
        "datasets",
        "NCIT:C47824",
        "Data set",
    )
    COHORT = About(
        "cohort",
        "cohorts",
        "Cohort",
        "Cohorts",
        "Cohorts",
        "The people of one dataset.",
        "ga4gh-beacon-cohort-v2.0.0",
        "cohorts",
        "NCIT:C61512",
        "Cohort",
    )

    @property
    def collection(self) -> bool:
        """True for datasets and cohorts, which the standard answers as collections."""
        return self in (EntryType.DATASET, EntryType.COHORT)


_RECORDS = (EntryType.VARIANT, EntryType.INDIVIDUAL, EntryType.BIOSAMPLE, EntryType.RUN, EntryType.ANALYSIS)

NESTED: dict[EntryType, tuple[EntryType, ...]] = {
    EntryType.VARIANT: (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE, EntryType.RUN, EntryType.ANALYSIS),
    EntryType.INDIVIDUAL: (EntryType.VARIANT, EntryType.BIOSAMPLE, EntryType.RUN, EntryType.ANALYSIS),
    EntryType.BIOSAMPLE: (EntryType.VARIANT, EntryType.RUN, EntryType.ANALYSIS),
    EntryType.RUN: (EntryType.VARIANT, EntryType.ANALYSIS),
    EntryType.ANALYSIS: (EntryType.VARIANT,),
    EntryType.DATASET: _RECORDS,
    EntryType.COHORT: _RECORDS,
}

FILTERED = (
    EntryType.INDIVIDUAL,
    EntryType.DATASET,
    EntryType.COHORT,
)  # have a `filtering_terms` path of their own


@dataclass(frozen=True, slots=True)
class Route:
    """What a path asks for: records of `entry`, the one with the path's id, or those within another's."""

    entry: EntryType
    within: EntryType | None = None
    single: bool = False

    @property
    def operation(self) -> str:
        """The operationId without its verb: `Variants`, `Variant`, `IndividualVariants`."""
        if self.within is not None:
            return f"{self.within.value.one}{self.entry.value.many}"
        return self.entry.value.one if self.single else self.entry.value.many


ROUTES = tuple(
    route
    for entry in EntryType
    for route in (Route(entry), Route(entry, single=True), *(Route(inner, entry) for inner in NESTED[entry]))
)
