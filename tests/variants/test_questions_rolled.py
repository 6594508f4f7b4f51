"""An insertion or deletion is found at each of its places: held against the sequences that it makes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.variants.stores import Store
from variants.domain.allele import Allele
from variants.domain.dataset import Place, Release
from variants.domain.normal import trim
from variants.domain.question import Question
from variants.domain.rolling import MOST, roll
from variants.domain.target import resolve
from variants.errors import BadPosition
from variants.store.selection import fragments

ASSEMBLY = "Repeats1"


@dataclass(frozen=True)
class Change:
    """`ref` at `start` becomes `alt`; 0-based, on a sequence."""

    start: int
    ref: str
    alt: str

    def on(self, sequence: str) -> str:
        assert sequence[self.start :].startswith(self.ref)
        return sequence[: self.start] + self.alt + sequence[self.start + len(self.ref) :]


def genomes(seed: int, count: int) -> dict[str, str]:
    """Short sequences full of repeats, some with bases that nobody knows."""
    rng = random.Random(seed)
    found = {}
    for number in range(count):
        unit = "".join(rng.choices("AC", k=rng.randint(1, 3)))
        text = "".join(rng.choices("ACG", k=4)) + unit * rng.randint(2, 6) + "".join(rng.choices("AC", k=6))
        found[f"c{number}"] = text if number % 5 else text + "NN" + unit * 2
    return found


def changes(rng: random.Random, sequence: str) -> Iterator[Change]:
    """Insertions, deletions and replacements without end, spelled with as many bases around as may be."""
    while True:
        start = rng.randrange(len(sequence))
        end = min(len(sequence), start + rng.randint(0, 4))
        alt = "".join(rng.choices("AC", k=rng.randint(0, 4)))
        if "N" not in sequence[start:end] and sequence[start:end] != alt:
            yield Change(start, sequence[start:end], alt)


def padded(change: Change, sequence: str) -> Change:
    """The spelling that VCF wants: with the base before, or the one behind at the very beginning."""
    if change.ref and change.alt:
        return change
    if change.start:
        before = sequence[change.start - 1]
        return Change(change.start - 1, before + change.ref, before + change.alt)
    behind = sequence[len(change.ref)]
    return Change(0, change.ref + behind, change.alt + behind)


@pytest.fixture(scope="module")
def world(store: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Sequences by name, loaded with some changes each: as `told` with their FASTA, as `untold` without."""
    folder = tmp_path_factory.mktemp("repeats")
    sequences, rng = genomes(7, 30), random.Random(8)
    fasta = folder / "repeats.fa"
    fasta.write_text("".join(f">{name}\n{text.lower()}\n" for name, text in sequences.items()))
    contigs = "".join(f"##contig=<ID={name},length={len(text)}>\n" for name, text in sequences.items())
    lines = []
    for name, text in sequences.items():
        some = changes(rng, text)
        lines += [
            f"{name}\t{each.start + 1}\t.\t{each.ref}\t{each.alt}\t.\t.\tAC=1;AN=2\n"
            for each in {padded(next(some), text) for _ in range(30)}
            if "N" not in each.ref + each.alt
        ]
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    info = "".join(f'##INFO=<ID={key},Number=.,Type=Integer,Description="">\n' for key in ("AC", "AN"))
    file = folder / "repeats.vcf"
    file.write_text(f"##fileformat=VCFv4.3\n{contigs}{info}{columns}{''.join(lines)}")
    store.load("told", file, assembly=ASSEMBLY, reference=fasta)
    store.load("untold", file, assembly=ASSEMBLY)
    return sequences


def made(allele: Allele, sequence: str) -> str:
    return Change(allele.start, allele.ref, allele.alt).on(sequence)


def found(store: Store, name: str, question: Question) -> set[Allele]:
    """What a page gives; whether, how many and which must agree."""
    release = store.variants.release(name)
    rows = store.rows(name, question)
    alleles = {row.allele for row in rows}
    assert len(alleles) == len(rows) == store.variants.count(release, question)
    assert bool(rows) == store.variants.exists(release, question)
    return alleles


def outcomes(store: Store, world: dict[str, str]) -> dict[tuple[str, str], set[Allele]]:
    """All alleles of the dataset by sequence and what they make of it: the brute force."""
    by_outcome: dict[tuple[str, str], set[Allele]] = {}
    for row in store.rows("told"):
        contig = row.allele.contig
        by_outcome.setdefault((contig, made(row.allele, world[contig])), set()).add(row.allele)
    return by_outcome


def asked(name: str, change: Change) -> Iterator[Question]:
    """The change as every question that can say it."""
    yield Question(
        reference=name, start=(change.start,), reference_bases=change.ref, alternate_bases=change.alt
    )
    first, last = change.start + 1, change.start + len(change.ref)
    span = f"{first}" if first == last else f"{first}_{last}"
    if not change.ref:
        if change.start:
            yield Question(short_form=f"{name}:g.{change.start}_{first}ins{change.alt}")
    elif not change.alt:
        yield Question(short_form=f"{name}:g.{span}del")
        yield Question(short_form=f"{name}:g.{span}del{change.ref}")
        yield Question(short_form=f"{name}:g.{span}del{len(change.ref)}")
    else:
        yield Question(short_form=f"{name}:g.{span}del{change.ref}ins{change.alt}")
    if change.ref and change.alt == 2 * change.ref:
        yield Question(short_form=f"{name}:g.{span}dup")
        yield Question(short_form=f"{name}:g.{span}dup{change.ref}")


def test_whatever_makes_the_same_sequence_is_found_and_nothing_else(
    store: Store, world: dict[str, str]
) -> None:
    rng, met, elsewhere, made_by = random.Random(9), 0, 0, outcomes(store, world)
    for name, sequence in world.items():
        some = changes(rng, sequence)
        doubled = [
            Change(at, sequence[at : at + size], 2 * sequence[at : at + size])
            for size in (1, 2, 3)
            for at in range(len(sequence) - 2)
            if "N" not in sequence[at : at + size]
        ]
        for change in [*(next(some) for _ in range(25)), *rng.sample(doubled, 8)]:
            wanted = made_by.get((name, change.on(sequence)), set())
            for question in asked(name, change):
                assert found(store, "told", question) == wanted, (sequence, change, question)
            met += bool(wanted)
            elsewhere += any(
                (each.start, each.ref, each.alt) != trim(change.start, change.ref, change.alt)
                for each in wanted
            )
    assert met > 100
    assert elsewhere > 50, "the questions must be about equivalent places"


def test_wildcards_find_what_one_of_their_fillings_makes(store: Store, world: dict[str, str]) -> None:
    rng, met, made_by = random.Random(10), 0, outcomes(store, world)
    for name, sequence in list(world.items())[:20]:
        some = changes(rng, sequence)
        for change in (padded(next(some), sequence) for _ in range(8)):
            if "N" in change.ref + change.alt:
                continue
            at = rng.randrange(len(change.ref + change.alt))
            both = list(change.ref + change.alt)
            both[at] = "N"
            ref, alt = "".join(both[: len(change.ref)]), "".join(both[len(change.ref) :])
            fillings = (
                [(ref, alt.replace("N", base)) for base in "ACGT"] if "N" in alt else [(change.ref, alt)]
            )
            wanted = {
                allele
                for _, new in fillings
                if new != change.ref
                for allele in made_by.get((name, Change(change.start, change.ref, new).on(sequence)), ())
            }
            question = Question(
                reference=name, start=(change.start,), reference_bases=ref, alternate_bases=alt
            )
            assert wanted <= found(store, "told", question), (sequence, change, question)
            met += bool(wanted)
    assert met > 20


@pytest.mark.usefixtures("world")
def test_without_a_reference_genome_nothing_is_claimed(store: Store) -> None:
    assert store.variants.release("untold").roll == 0
    assert {row.roll for row in store.rows("untold") if row.allele.ref and row.allele.alt} == {0}
    assert {row.roll for row in store.rows("untold") if not (row.allele.ref and row.allele.alt)} == {None}
    for row in store.rows("untold"):
        change = Change(row.allele.start, row.allele.ref, row.allele.alt)
        question = next(asked(row.allele.contig, change))
        at_its_place = {row.allele}
        assert found(store, "untold", question) == at_its_place


def test_what_a_release_knows_stays_when_files_without_a_reference_genome_are_added(
    store: Store, world: dict[str, str], tmp_path: Path
) -> None:
    name, sequence = next(
        (row.allele.contig, world[row.allele.contig])
        for row in store.rows("told")
        if row.roll and row.roll > 1 and not row.allele.ref
    )
    row = next(
        each
        for each in store.rows("told")
        if each.allele.contig == name and each.roll and not each.allele.ref
    )
    file = tmp_path / "more.vcf"
    contigs = "".join(f"##contig=<ID={each},length={len(text)}>\n" for each, text in world.items())
    base = sequence[0]
    other = "T" if base != "T" else "G"
    file.write_text(
        f"##fileformat=VCFv4.3\n{contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"{name}\t1\t.\t{base}\t{other}\t.\t.\t.\n"
    )
    before = store.variants.release("told").roll
    store.load("told", file, assembly=ASSEMBLY)
    assert store.variants.release("told").roll == before > 0
    turn = row.roll % len(row.allele.alt)
    moved = Change(row.allele.start + row.roll, "", row.allele.alt[turn:] + row.allele.alt[:turn])
    for question in asked(name, moved):
        assert row.allele in found(store, "told", question)


def test_a_position_beyond_the_end_of_a_sequence_is_refused(store: Store, world: dict[str, str]) -> None:
    release, length = store.variants.release("told"), len(world["c1"])
    with pytest.raises(BadPosition, match="beyond the end"):
        store.variants.answerable([release], Question(short_form=f"c1:g.2_{length + 1}del"))


def test_a_question_that_names_no_insertion_or_deletion_is_the_same_sql_as_ever() -> None:
    places = {"1": Place("1", 1, 1000, None)}
    plain = Release("a", 1, 1, ASSEMBLY, 0, 1, None, places)  # type: ignore[arg-type]  # when: never asked
    rolling = Release("a", 1, 1, ASSEMBLY, 0, 1, None, places, roll=500)  # type: ignore[arg-type]
    for question in (
        Question(reference="1", start=(5,), reference_bases="A", alternate_bases="T"),
        Question(reference="1", start=(5,), alternate_bases="T"),
        Question(reference="1", start=(5,), reference_bases="N", alternate_bases="T"),
        Question(reference="1", start=(5,), reference_bases="CAC", alternate_bases="CA"),
        Question(short_form="1:g.6A>T"),
        Question(short_form="1:g.6_7delACinsGT"),
        Question(short_form="1:g.6_7inv"),
    ):
        ask = [fragments(resolve(question, each, lambda *_: None), each) for each in (plain, rolling)]
        assert ask[0] == ask[1]
    indel = Question(reference="1", start=(5,), reference_bases="AA", alternate_bases="A")
    assert len(fragments(resolve(indel, rolling, lambda *_: None), rolling)) == 2


def test_a_roll_ends_at_unknown_bases_at_the_end_and_at_the_most_that_is_counted() -> None:
    genome = {"1": "CAAANAA", "2": "A" * (MOST + 500)}
    bases = lambda contig, start, end: genome.get(contig, "")[max(0, start) : end]  # noqa: E731
    assert roll("1", 1, "A", "", bases) == 2
    assert roll("1", 5, "A", "", bases) == 1
    assert roll("1", 7, "", "A", bases) == 0
    assert roll("1", 4, "N", "", bases) == 0
    assert roll("1", 1, "A", "C", bases) == 0
    assert roll("2", 0, "", "AA", bases) == MOST
    assert roll("3", 0, "", "A", bases) is None
