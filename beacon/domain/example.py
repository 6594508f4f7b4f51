"""Made-up records for `testMode` where a site has no test dataset. Nothing here was ever a person."""

from datetime import UTC, datetime

import numpy as np

from beacon.domain.asking import Granularity
from beacon.domain.entries import EntryType
from beacon.domain.found import Answer, Collections, FoundCollection, FoundVariant, Part
from beacon.domain.identifiers import cohort_id
from governance.datasets import Dataset, Tier
from variants.domain import carriers
from variants.domain.allele import Allele, AlleleRow, Annotation, Kind
from variants.domain.cases import Cases, Everybody
from variants.domain.dataset import Release, Sample

_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_DATASET = Dataset(
    id="example",
    assembly="GRCh37",
    anonymous=Tier.RECORD,
    name="Example",
    description="One made-up person with one made-up variant, for tests of clients.",
    created=_DAY,
    updated=_DAY,
    test=True,
)
_RELEASE = Release(
    dataset_id=_DATASET.id,
    generation=1,
    sequence=1,
    assembly="GRCh37",
    samples=1,
    alleles=1,
    loaded_at=_DAY,
    places={},
)
_SAMPLE = Sample(0, "example-1", "example-1", "example-1")
_ROW = AlleleRow(
    Allele("20", 999_999, 1_000_000, "A", "T", Kind.SNV, 1),
    carriers=carriers.encode(np.array([0])),
    carried=1,
    ac=1,
    an=2,
    annotation=Annotation(consequences=("intergenic_variant",)),
)
_VARIANT = FoundVariant(_ROW, Cases(Everybody((_SAMPLE,)), [0], [0]))
_NOTE = "No test dataset can be asked this: these are made-up examples, whatever the question."


def answer(entry: EntryType, granularity: Granularity) -> Answer:
    """One made-up record of the entry type, as much of it as the granularity tells."""
    records = (
        ()
        if granularity is not Granularity.RECORD
        else (_VARIANT if entry is EntryType.VARIANT else _SAMPLE,)
    )
    count = None if granularity is Granularity.BOOLEAN else 1
    part = Part(_DATASET, granularity, exists=True, count=count, records=records, release=_RELEASE)
    return Answer(granularity, (part,), (_NOTE,))


def collections(entry: EntryType, granularity: Granularity) -> Collections:
    """The made-up dataset, or its cohort."""
    identifier = _DATASET.id if entry is EntryType.DATASET else cohort_id(_DATASET.id)
    found = FoundCollection(identifier, _DATASET, Tier.RECORD, _RELEASE, people=1)
    return Collections(granularity, 1, (found,), (_NOTE,))
