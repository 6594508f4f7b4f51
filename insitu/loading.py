"""Loading files into an open site: progress while it lasts, and the report in words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.audit.acts import acting
from insitu.house import House
from insitu.lineage import GENES, LOADED, SAMPLES, Taken, checksums, reconcile, release_of
from insitu.terminal import bar, duration, size
from tasks.opening import open_broker
from tasks.settings import BrokerSettings
from variants.domain.sexes import Sex
from variants.loading.crew import WorkerCrew
from variants.loading.genes import load_genes
from variants.loading.load import Load, LoadReport, Progress
from variants.loading.loader import Loader
from variants.loading.people import PeopleReport, load_people
from variants.settings import VariantsSettings

_SMALL = 2_000_000  # bytes
_SHOWN = 10  # bad lines on the terminal; --json has those that were kept


@dataclass(frozen=True, slots=True)
class How:
    """How to load: in how many processes (0: in this one), against which reference, and how strictly."""

    workers: int
    reference: Path | None = None
    strict: bool = False
    replace: bool = False


def load_vcf(
    house: House, dataset_id: str, files: Sequence[Path], how: How, title: str = "Loading"
) -> LoadReport:
    """Loads VCF and BCF files into a dataset, with a progress bar; the report of what became of them.

    Raises:
        DatasetUnknown, CannotLoad, LoadFailed, LoadConflict: as `variants.loading.loader.Loader` says.
    """
    dataset = house.register.get(dataset_id)
    with _crew(house, how.workers) as crew, Loader(house.database, VariantsSettings(), crew) as loader:
        load = loader.plan(dataset, files, reference=how.reference, strict=how.strict, replace=how.replace)
        reconcile(house, load.dataset)
        if load.nothing_to_do:
            return _run(loader, load, how.workers, title)
        with _recorded(house, load, how):
            return _run(loader, load, how.workers, title)


def _run(loader: Loader, load: Load, workers: int, title: str) -> LoadReport:
    with bar(title) as shown:
        return loader.run(
            load,
            workers=workers,
            on_progress=lambda now: shown.update(now.done_bytes, now.total_bytes, note(now)),
        )


@contextmanager
def _recorded(house: House, load: Load, how: How) -> Iterator[None]:
    """Has the trail say which files, by checksum, are read, and which release they became."""
    taken = Taken(load.new_files)
    about = {
        "load": load.id,
        "files": taken.files,
        "replace": how.replace,
        "reference": checksums([how.reference] if how.reference else []),
    }

    def became() -> dict[str, Any] | None:
        """Its release, where the load is in force."""
        loads = house.variants.summary(load.dataset).loads
        if not any((each["id"], each["state"]) == (load.id, "done") for each in loads):
            return None
        release = release_of(house.variants.release(load.dataset))
        return {**about, "unchanged": taken.unchanged, "release": release}

    with acting(house.trail, LOADED, dataset=load.dataset, details=about, settled=became) as came:
        yield
        came.update(became() or about)


@contextmanager
def _crew(house: House, workers: int) -> Iterator[WorkerCrew | None]:
    """Workers of this load's own, woken through the site's broker; None where it is read in this process."""
    if not workers:
        yield None
        return
    broker = open_broker(BrokerSettings(), house.folder)
    try:
        yield WorkerCrew(broker.app, ["--data-dir", str(house.folder)])
    finally:
        broker.dispose()


def workers_for(files: Sequence[Path], most: int) -> int:
    """How many processes to load these files with; 0, to read them here, where starting one takes longer."""
    return most if sum(each.stat().st_size for each in files) > _SMALL else 0


def load_genes_file(house: House, file: Path, assembly: str) -> int:
    """Loads gene coordinates; how many genes there are now."""
    about = {"assembly": assembly, "files": checksums([file])}
    with acting(house.trail, GENES, details=about) as came:
        came["genes"] = count = load_genes(house.database, assembly, file)
    return count


def load_samples_file(house: House, dataset_id: str, file: Path) -> PeopleReport:
    """Says whose the samples of a dataset are; what became of it.

    Raises:
        DatasetUnknown, CannotLoad, LoadConflict: as `variants.loading.people.load_people` says.
    """
    dataset = house.register.get(dataset_id).id
    about = {"files": checksums([file])}
    with acting(house.trail, SAMPLES, dataset=dataset, details=about) as came:
        report = load_people(house.database, dataset, file)
        came.update(about, changed=report.changed)
    return report


def describe_people(report: PeopleReport) -> list[str]:
    """The report in lines: what the file set, and what the dataset holds now."""
    sexes = ", ".join(f"{report.sexes[sex]:,} {sex}" for sex in Sex if report.sexes.get(sex))
    whose = f"{report.samples:,} samples of {report.biosamples:,} biosamples of {report.individuals:,}"
    return [
        f"{report.set:>12,} samples are set, {report.changed:,} of them to something new",
        f"{report.kept:>12,} samples the file does not name stay as they are",
        f"{report.dataset} holds {whose} individuals: {sexes}",
    ]


def note(progress: Progress) -> str:
    """How fast a load goes, for the end of its progress bar."""
    if progress.stage != "reading":
        return f"{progress.stage}, {progress.records:,} records"
    return f"{size(progress.bytes_a_second)}/s, {progress.records_a_second:,.0f} records/s"


def describe(report: LoadReport) -> list[str]:
    """The report in lines: every record and every allele, and what the dataset holds now."""
    total = report.total
    known = f"{len(report.known_files)} file(s) were loaded before and not read again; of what was read:"
    lines = [known] if report.known_files else []
    lines += [f"{total.records:>12,} records read in {duration(report.seconds)}, of which"]
    lines.append(f"{total.records_kept:>12,} kept")
    lines += _counted("skipped", total.records_skipped)
    lines.append(f"{total.bad_count:>12,} not readable")
    lines += [f"{'':>15}{each.file}, line {each.line}: {each.reason}" for each in total.bad[:_SHOWN]]
    lines.append(f"{total.alleles:>12,} alleles in them, of which")
    lines.append(f"{total.kept:>12,} kept, {total.normalised:,} of them respelt")
    lines += _counted("skipped", total.skipped)
    lines += _counted("noted", total.notes)
    if report.merged:
        lines.append(f"{report.merged:>12,} came more than once or were there before, and were united")
    if report.contradictions:
        lines.append(f"{report.contradictions:>12,} genotypes contradict each other between records or files")
    lines += [f"{'':>13}{each}" for each in report.notes]
    holds = f"{report.dataset} holds {report.alleles:,} alleles ({report.new_alleles:+,})"
    return [*lines, f"{holds} of {report.samples:,} samples ({report.new_samples:+,})"]


def _counted(what: str, counts: Counter[str]) -> list[str]:
    return [f"{count:>12,} {what}: {why}" for why, count in counts.most_common()]
