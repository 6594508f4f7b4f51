"""Whose the samples are: a file about them counts as a whole or not at all, and outlives later loads."""

import random
from collections import Counter
from pathlib import Path

import pytest
from pyroaring import BitMap

from tests.variants.cohorts import cohort
from tests.variants.stores import SETTINGS, Store, dataset
from variants.domain.question import Question
from variants.domain.sexes import Sex
from variants.errors import CannotLoad, LoadConflict
from variants.loading.loader import Loader
from variants.loading.people import PeopleReport, load_people
from variants.service import Variants
from variants.store import registry

MADE = cohort(17, samples=6, sites=40)
FIRST, MORE = range(4), range(4, 6)
Told = dict[str, tuple[str, str, str]]

TABLE = "sample\tbiosample\tindividual\tsex\nS0\tb0\tP\tfemale\nS1\tb1\tP\t2\nS2\tb1\tP\tNCIT:C16576\n"
KNOWN = {
    "S0": ("b0", "P", "female"),
    "S1": ("b1", "P", "female"),
    "S2": ("b1", "P", "female"),
    "S3": ("S3", "S3", "unknown"),
}


def say(store: Store, name: str, folder: Path, text: str) -> PeopleReport:
    path = folder / "samples.tsv"
    path.write_text(text)
    return load_people(store.database, name, path)


def told(variants: Variants, name: str) -> Told:
    release = variants.release(name)
    assert release is not None
    found = variants.samples(release, None, 0, 1000)
    people = {sample.person for sample in found}
    assert variants.count_people(release, BitMap(range(len(found)))) == len(people)
    assert variants.people(release) == len(people)
    samples_of = Counter(sample.person for sample in found)
    assert variants.most_samples_each(release) == max(samples_of.values())
    assert release.one_sample_each == (len(people) == len(found))
    for sex in Sex:
        assert set(variants.of_sexes(release, [sex])) == {each.ordinal for each in found if each.sex is sex}
    for each in found:
        assert variants.find_samples(release, sample=each.name) == [each]
        assert each in variants.find_samples(release, person=each.person, biosample=each.biosample)
    return {each.name: (each.biosample, each.person, each.sex.value) for each in found}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return (
        MADE.write(tmp_path / "first.vcf", MADE.sites, FIRST),
        MADE.write(tmp_path / "more.vcf", MADE.sites, MORE),
    )


def test_what_a_file_says_is_seen_at_once_and_by_nobody_who_began_before(
    store: Store, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    store.load("seen", files[0])
    before = store.variants.release("seen")
    assert before is not None
    report = say(store, "seen", tmp_path, TABLE)
    assert report.as_json() | {"file": ""} == {
        "dataset": "seen", "file": "", "samples": 4, "set": 3, "changed": 3, "kept": 1,
        "biosamples": 3, "individuals": 2, "sexes": {"female": 1, "male": 0, "other": 0, "unknown": 1},
    }  # fmt: skip
    assert told(store.variants, "seen") == told(Variants(store.database, SETTINGS), "seen") == KNOWN
    # A question that began under the release before ends under it, in a process that has kept nothing, too.
    for variants in (store.variants, Variants(store.database, SETTINGS)):
        assert [each.person for each in variants.samples(before, None, 0, 9)] == ["S0", "S1", "S2", "S3"]
        assert variants.of_sexes(before, [Sex.FEMALE]) == BitMap()
    assert say(store, "seen", tmp_path, TABLE).changed == 0


def test_what_a_file_leaves_out_stays_as_it_is(
    store: Store, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    store.load("parts", files[0])
    say(store, "parts", tmp_path, TABLE)
    report = say(store, "parts", tmp_path, 'Sample,SEX\r\n"S3",1\r\n\r\n')
    assert (report.set, report.changed, report.kept) == (1, 1, 3)
    say(store, "parts", tmp_path, "sample\tindividual\nS0\tQ\n")
    expected = KNOWN | {"S3": ("S3", "S3", "male"), "S0": ("b0", "Q", "female")}
    assert told(store.variants, "parts") == expected
    say(store, "parts", tmp_path, "sample\tsex\nS3\tunknown\nS1\t0\n")
    # One of three samples cannot take back what is known of their person by the others.
    assert told(store.variants, "parts") == expected | {"S3": KNOWN["S3"]}


def test_what_was_said_outlives_later_loads(store: Store, tmp_path: Path, files: tuple[Path, Path]) -> None:
    store.load("lives", files[0])
    say(store, "lives", tmp_path, TABLE)
    store.load("lives", files[0])
    assert told(store.variants, "lives") == KNOWN
    grown = KNOWN | {"S4": ("S4", "S4", "unknown"), "S5": ("S5", "S5", "unknown")}
    store.load("lives", files[1])
    assert told(store.variants, "lives") == grown
    say(store, "lives", tmp_path, "sample\tsex\nS5\tother\n")
    store.load("lives", *files, replace=True)
    grown["S5"] = ("S5", "S5", "other")
    assert told(store.variants, "lives") == grown
    fewer = MADE.write(tmp_path / "fewer.vcf", MADE.sites, [5, 1])
    store.load("lives", fewer, replace=True)
    assert told(store.variants, "lives") == {each: grown[each] for each in ("S5", "S1")}


def test_a_new_sample_of_a_known_name_is_of_whom_the_name_is(
    store: Store, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    store.load("names", files[0])
    interrupted = Loader(store.database, SETTINGS)
    interrupted.plan(dataset("names"), [files[1]])  # its samples are written down, and nobody sees them
    interrupted.close()
    text = "sample\tbiosample\tindividual\tsex\nS0\tS4\tP\tfemale\nS1\tb\tS5\tmale\n"
    assert say(store, "names", tmp_path, text).samples == 4
    store.load("names", files[1])
    found = told(store.variants, "names")
    assert (found["S4"], found["S5"]) == (("S4", "P", "female"), ("S5", "S5", "male"))


BAD = {
    "sample\tsex\nS0\tfemale\nNOBODY\tmale\n": "line 3: dataset refuses has no sample 'NOBODY'",
    "sample\tsex\nS0\tfemale\nS1\tmale\nS0\tfemale\n": "line 4: sample 'S0' stands in line 2 already",
    "sample\tindividual\tsex\nS0\tP\tfemale\nS1\tP\tmale\n": "line 3: individual 'P' is of sex female and",
    "sample\tindividual\nS3\tP\nS1\tQ\n": "line 3: biosample 'b1' is of individuals 'Q' and 'P'",
    "sample\tsex\nS3\tmale\nS0\tmale\n": "line 3: individual 'P' is of sex male and female, by sample 'S1' (",
    "sample\tbiosample\nS0\t \n": "line 2: the biosample is empty",
    "sample\tsex\nS0\t\n": "line 2: sex '' is not known: write female, male",
    "sample\tsex\nS0\tman\x1b[2J\n": r"line 2: sex 'man\x1b[2J'",
    "sample\tindividual\nS0\tP\x00Q\n": "line 2: ",
    "sample\tindividual\nS0\tP\u202eQ\n": "line 2: the individual holds a character that cannot be printed",
    f"sample\tindividual\nS0\t{'P' * 201}\n": "line 2: the individual has 201 characters",
    f"sample\tindividual\nS0\t{'P' * 1_000_000}\n": "line 2: field larger than field limit",
    "sample\tindividual\nS0\n": "line 2: it has 1 fields where the first line has 2",
    'sample,individual\nS0,"P\n': "line 2: unexpected end of data",
    "sample\tindvidual\nS0\tP\n": "line 1: column 'indvidual' is not known",
    "sample\tsex\tsex\nS0\t1\t1\n": "line 1: column 'sex' stands there twice",
    "individual\tsex\nP\tmale\n": "line 1: there is no column 'sample'",
    "sample\nS0\n": "line 1: beside 'sample' there is no column",
    "sample\tsex\n": "names no sample",
    "": "is empty",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: repr(text)[:30])
def test_a_file_with_one_wrong_line_changes_nothing_and_is_named_with_its_line(
    store: Store, tmp_path: Path, files: tuple[Path, Path], text: str
) -> None:
    store.load("refuses", files[0])
    say(store, "refuses", tmp_path, TABLE)
    before = store.variants.release("refuses")
    with pytest.raises(CannotLoad) as refused:
        say(store, "refuses", tmp_path, text)
    assert BAD[text] in refused.value.public
    assert len(refused.value.public) < 400 + len(str(tmp_path))
    assert refused.value.public.isprintable()
    assert store.variants.release("refuses") == before
    assert told(store.variants, "refuses") == KNOWN


def test_what_is_no_table_or_cannot_be_told_now_is_refused(
    store: Store, tmp_path: Path, files: tuple[Path, Path]
) -> None:
    with pytest.raises(CannotLoad, match="has no samples"):
        say(store, "nothing", tmp_path, TABLE)
    store.load("bare", MADE.write(tmp_path / "bare.vcf", MADE.sites, []))
    with pytest.raises(CannotLoad, match="has no samples"):
        say(store, "bare", tmp_path, TABLE)
    store.load("held", files[0])
    (tmp_path / "binary").write_bytes(b"sample\tsex\nS0\t\xff\xfe\n")
    for name, why in (("binary", "UTF-8"), ("absent", "No such file"), (".", "directory")):
        with pytest.raises(CannotLoad, match=why):
            load_people(store.database, "held", tmp_path / name)
    with registry.alone(store.database, "held"), pytest.raises(LoadConflict):
        say(store, "held", tmp_path, TABLE)


def test_any_table_is_what_reading_it_line_by_line_comes_to(store: Store, tmp_path: Path) -> None:
    """Random tables one after the other, each over some of the samples, against a dictionary."""
    rng = random.Random(5)
    columns = range(MADE.samples)
    store.load("random", MADE.write(tmp_path / "all.vcf", MADE.sites, columns))
    known = {f"S{number}": (f"S{number}", f"S{number}", "unknown") for number in columns}
    for _ in range(25):
        person = {f"b{number}": f"P{rng.randrange(4)}" for number in range(8)}
        sex = {f"P{number}": rng.choice(["female", "male", "other", "unknown"]) for number in range(4)}
        # Everybody is named, so that no table can contradict what went before.
        for name in known:
            biosample = rng.choice(sorted(person))
            known[name] = (biosample, person[biosample], sex[person[biosample]])
        lines = ["\t".join((name, *known[name])) for name in rng.sample(sorted(known), len(known))]
        say(store, "random", tmp_path, "\n".join(["sample\tbiosample\tindividual\tsex", *lines]))
        assert told(store.variants, "random") == known
    release = store.variants.release("random")
    assert release is not None
    carriers = store.variants.carriers(release, Question())
    assert store.variants.count_people(release, carriers) == len({each[1] for each in known.values()})
