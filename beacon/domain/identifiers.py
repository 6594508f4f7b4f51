"""Identifiers of things that a VCF implies and does not name."""

from variants.domain.dataset import Sample

_RUN = "run-"
_ANALYSIS = "analysis-"
_COHORT = "cohort-"


def run_id(sample: Sample) -> str:
    """The run behind a sample."""
    return _RUN + sample.name


def analysis_id(sample: Sample) -> str:
    """The analysis that called a sample's variants."""
    return _ANALYSIS + sample.name


def cohort_id(dataset_id: str) -> str:
    """The cohort of a dataset's people."""
    return _COHORT + dataset_id


def sample_of_run(identifier: str) -> str | None:
    """The sample's name that `run_id` was given; None where it is no identifier of a run."""
    return _after(_RUN, identifier)


def sample_of_analysis(identifier: str) -> str | None:
    """The sample's name that `analysis_id` was given; None where it is no identifier of an analysis."""
    return _after(_ANALYSIS, identifier)


def dataset_of_cohort(identifier: str) -> str | None:
    """The dataset's id that `cohort_id` was given; None where it is no identifier of a cohort."""
    return _after(_COHORT, identifier)


def _after(prefix: str, identifier: str) -> str | None:
    return identifier.removeprefix(prefix) if identifier.startswith(prefix) else None
