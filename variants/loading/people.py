"""Whose the samples of a dataset are: a file about them, checked as a whole and then true at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from database.engine import Database
from variants.domain.dataset import Release, Sample
from variants.domain.sexes import Sex
from variants.errors import CannotLoad
from variants.loading.manifest import Said, read_manifest
from variants.store import registry, samples
from variants.store.releases import Releases

_SHOWN = 40  # characters of a name that a reason repeats


@dataclass(frozen=True, slots=True)
class PeopleReport:
    """What became of a file about samples, and what the dataset holds now.

    Of its `samples`, the file names `set`; `changed` are those of which something else is known now, `kept`
    those that the file does not name. `sexes` counts persons.
    """

    dataset: str
    file: str
    samples: int
    set: int
    changed: int
    biosamples: int
    individuals: int
    sexes: Mapping[Sex, int]

    @property
    def kept(self) -> int:
        """How many samples the file does not name."""
        return self.samples - self.set

    def as_json(self) -> dict[str, Any]:
        """The report as `--json` writes it."""
        return {
            "dataset": self.dataset,
            "file": self.file,
            "samples": self.samples,
            "set": self.set,
            "changed": self.changed,
            "kept": self.kept,
            "biosamples": self.biosamples,
            "individuals": self.individuals,
            "sexes": {sex.value: self.sexes.get(sex, 0) for sex in Sex},
        }


def load_people(database: Database, dataset: str, path: Path) -> PeopleReport:
    """Says of the samples in the file what it says; of the others, what is known stays. All of it or nothing.

    Raises:
        CannotLoad: the dataset has no samples; or the file is none of its kind, names a sample that is not
            there or one twice, or contradicts itself or what is known of samples it does not name. The
            sentence has file and line.
        LoadConflict: the dataset is being loaded.
    """
    with registry.alone(database, dataset):
        release = Releases(database).current().get(dataset)
        if release is None or not release.has_samples:
            raise CannotLoad(f"dataset {dataset} has no samples: load its VCF files first")
        with database.unit_of_work() as work:
            cursor = work.raw.cursor()
            before = samples.said(cursor, release)
            after, lines = _after(path, dataset, before)
            changed = [new for old, new in zip(before, after, strict=True) if new != old]
            report = _report(release, path, after, len(lines), len(changed))
            if changed:
                each = report.individuals == report.samples
                samples.say(cursor, release, changed, one_sample_each=each)
            work.commit()
    return report


def _after(path: Path, dataset: str, before: Sequence[Sample]) -> tuple[list[Sample], dict[str, Said]]:
    """What is known of every sample once the file counts, by ordinal, and the lines by sample."""
    lines = _lines(path, dataset, {sample.name for sample in before})
    named = [_named(sample, lines.get(sample.name)) for sample in before]
    _biosamples_of_one_person(path, named, lines)
    sexes = _sexes(path, named, lines)
    return [replace(sample, sex=sexes.get(sample.person, sample.sex)) for sample in named], lines


def _lines(path: Path, dataset: str, known: set[str]) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for said in read_manifest(path):
        name = said.sample
        if name not in known:
            raise _wrong(path, said, f"dataset {dataset} has no sample {_short(name)}")
        if name in found:
            raise _wrong(path, said, f"sample {_short(name)} stands in line {found[name].line} already")
        found[name] = said
    if not found:
        raise CannotLoad(f"{path} names no sample")
    return found


def _named(sample: Sample, said: Said | None) -> Sample:
    if said is None:
        return sample
    return replace(sample, biosample=said.biosample or sample.biosample, person=said.person or sample.person)


def _biosamples_of_one_person(path: Path, named: Sequence[Sample], lines: Mapping[str, Said]) -> None:
    owner: dict[str, Sample] = {}
    for sample in named:
        other = owner.setdefault(sample.biosample, sample)
        if other.person != sample.person:
            raise _contradiction(
                path, (other, sample), lines, f"biosample {_short(sample.biosample)}",
                f"individuals {_short(other.person)} and {_short(sample.person)}",
            )  # fmt: skip


def _sexes(path: Path, named: Sequence[Sample], lines: Mapping[str, Said]) -> dict[str, Sex]:
    """The sex of each person that a line is about: the one known from all the person's samples."""
    touched = {sample.person for sample in named if sample.name in lines}
    known: dict[str, tuple[Sample, Sex]] = {}
    for sample in named:
        line = lines.get(sample.name)
        sex = sample.sex if line is None or line.sex is None else line.sex
        if sample.person not in touched or sex is Sex.UNKNOWN:
            continue
        other, same = known.setdefault(sample.person, (sample, sex))
        if same is not sex:
            raise _contradiction(
                path, (other, sample), lines, f"individual {_short(sample.person)}", f"sex {same} and {sex}"
            )
    return {person: known[person][1] if person in known else Sex.UNKNOWN for person in touched}


def _contradiction(
    path: Path, both: tuple[Sample, Sample], lines: Mapping[str, Said], whose: str, what: str
) -> CannotLoad:
    """Why two samples do not go together: at the last line about them, naming what stands against it."""
    about = [lines[sample.name] for sample in both if sample.name in lines]
    at = max(about, key=lambda said: said.line)
    other = next(sample for sample in both if sample.name != at.sample)
    where = f"line {lines[other.name].line}" if other.name in lines else "as is known and the file leaves it"
    return _wrong(path, at, f"{whose} is of {what}, by sample {_short(other.name)} ({where})")


def _wrong(path: Path, said: Said, why: str) -> CannotLoad:
    return CannotLoad(f"{path}, line {said.line}: {why}")


def _short(name: str) -> str:
    return repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "...")


def _report(release: Release, path: Path, after: Sequence[Sample], named: int, changed: int) -> PeopleReport:
    people = {sample.person: sample.sex for sample in after}
    return PeopleReport(
        dataset=release.dataset_id,
        file=str(path),
        samples=len(after),
        set=named,
        changed=changed,
        biosamples=len({sample.biosample for sample in after}),
        individuals=len(people),
        sexes=Counter(people.values()),
    )
