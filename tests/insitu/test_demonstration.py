"""The made-up people look like people, and their files say what is true of them."""

import json
from pathlib import Path

import numpy as np
import pysam
import pytest

from insitu.demonstration import making
from insitu.demonstration.genealogy import found
from insitu.demonstration.genes import CODE, effect_of, lay_genes, random_sequence
from insitu.demonstration.plan import DATASETS, TRAITS, Region

REGIONS = (
    Region("20", 35_000_000, 400_000, 30, 900, 5, ("DEMA1", "DEMA2")),
    Region("X", 50_000_000, 100_000, 20, 200, 1, ("DEMX1",)),
)
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demonstration") / "files"
    making.make(made, lambda *_: None, REGIONS)
    return made


def records(path: Path) -> list[pysam.VariantRecord]:
    with pysam.VariantFile(str(path)) as file:
        return [each.copy() for each in file]


def test_rare_alleles_outnumber_common_ones_as_the_coalescent_says() -> None:
    rng = np.random.default_rng(1)
    founders = found(40, 1_000_000, mutation=2.5e-4, recombination=2e-4, rng=rng)
    spectrum = np.bincount(founders.carried.sum(axis=1), minlength=41)[1:40]
    expected = 2 * 2.5e-4 * 1_000_000 / np.arange(1, 40)  # theta / i
    assert spectrum.sum() == pytest.approx(expected.sum(), rel=0.15)
    assert spectrum[:5] == pytest.approx(expected[:5], rel=0.3)


def test_linkage_decays_with_distance() -> None:
    rng = np.random.default_rng(2)
    founders = found(60, 1_000_000, mutation=2.5e-4, recombination=2e-4, rng=rng)
    common = np.flatnonzero((founders.carried.mean(axis=1) > 0.2) & (founders.carried.mean(axis=1) < 0.8))
    square = np.corrcoef(founders.carried[common]) ** 2
    apart = np.abs(founders.positions[common][:, None] - founders.positions[common][None, :])
    near, far = square[(apart > 0) & (apart < 1_000)].mean(), square[apart > 300_000].mean()
    assert near > 5 * far


def test_an_effect_is_what_translating_the_whole_gene_gives() -> None:
    rng = np.random.default_rng(3)
    sequence = random_sequence(400_000, rng)
    genes = lay_genes(sequence, ["ONE", "TWO", "THREE"], 1, rng)
    assert {each.forward for each in genes} == {True, False}
    for gene in genes:
        before = translated(sequence, gene)
        assert before.startswith("M")
        assert before.index("*") == len(before) - 1
        for place in rng.choice(gene.coding, size=60):
            alt = rng.choice([each for each in "ACGT" if ord(each) != sequence[place]])
            changed = sequence.copy()
            changed[place] = ord(alt)
            after = translated(changed, gene)
            effect = effect_of(sequence, genes, int(place), chr(sequence[place]), alt)
            assert effect is not None
            assert effect.consequence == told(before, after)


def translated(sequence: np.ndarray, gene: object) -> str:
    text = "".join(chr(sequence[each]) for each in sorted(gene.coding))
    text = text if gene.forward else text[::-1].translate(COMPLEMENT)
    return "".join(CODE[text[each : each + 3]] for each in range(0, len(text), 3))


def told(before: str, after: str) -> str:
    if before[0] != after[0]:
        return "start_lost"
    if before == after:
        return "synonymous_variant"
    at = next(each for each in range(len(before)) if before[each] != after[each])
    if before[at] == "*":
        return "stop_lost"
    return "stop_gained" if after[at] == "*" else "missense_variant"


@pytest.mark.parametrize("dataset", [each.id for each in DATASETS])
def test_counts_in_info_are_those_of_the_genotypes(folder: Path, dataset: str) -> None:
    for region in REGIONS:
        found_records = records(folder / f"{dataset}.chr{region.chromosome}.vcf.gz")
        assert len(found_records) > 50
        for record in found_records:
            called = [code for call in record.samples.values() for code in call["GT"] if code is not None]
            assert record.info["AN"] == len(called)
            assert list(record.info["AC"]) == [called.count(each + 1) for each in range(len(record.alts))]


def test_records_are_sorted_left_aligned_and_of_every_kind(folder: Path) -> None:
    found_records = records(folder / "demo-open.chr20.vcf.gz")
    assert [each.pos for each in found_records] == sorted(each.pos for each in found_records)
    indels = [each for each in found_records if len(each.ref) != len(each.alts[0]) and each.alts[0][0] != "<"]
    assert len(indels) > 20
    for record in indels:
        longer = max(record.ref, record.alts[0], key=len)
        assert record.ref[0] == record.alts[0][0]
        assert longer[-1] != longer[0], "could be shifted further to the left"
    assert any(len(each.alts) > 1 for each in found_records)
    assert {each.alts[0] for each in found_records if each.alts[0][0] == "<"} == {"<DEL>", "<DUP:TANDEM>"}


def test_men_have_one_x(folder: Path) -> None:
    truth = json.loads((folder / making.TRUTH).read_text())
    men = {each["person"] for each in truth["people"] if each["sex"] == "male"}
    for record in records(folder / "demo-open.chrX.vcf.gz")[:20]:
        alone = {name for name, call in record.samples.items() if len(call["GT"]) == 1}
        assert alone == men & set(record.samples)


def test_a_planted_effect_can_be_found_again(folder: Path) -> None:
    """The regression of the trait on the copies in all three datasets, over the planted effect."""
    truth = json.loads((folder / making.TRUTH).read_text())
    people = {each["person"]: each for each in truth["people"]}
    strongest = max(truth["planted"], key=lambda each: each["effectPerCopy"] / noise(each["trait"]))
    trait = strongest["trait"]
    copies, values = [], []
    for dataset in DATASETS:
        for record in records(folder / f"{dataset.id}.chr20.vcf.gz"):
            if record.pos != strongest["position"] or record.alts[0] != strongest["alt"]:
                continue
            for name, call in record.samples.items():
                if None not in call["GT"]:
                    person = people[name]
                    copies.append(call["GT"].count(1))
                    values.append(person["traits"][trait] - mean(trait, person["sex"]))
    slope = np.polyfit(copies, values, 1)[0]
    error = np.std(values) / np.std(copies) / np.sqrt(len(copies))
    assert slope > 3 * error
    assert slope == pytest.approx(strongest["effectPerCopy"], abs=4 * error)


def noise(trait: str) -> float:
    return next(each.noise for each in TRAITS if each.name == trait)


def mean(trait: str, sex: str) -> float:
    return next(each.mean[sex] for each in TRAITS if each.name == trait)


def test_files_that_are_there_are_not_made_again(folder: Path) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("made again")

    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    making.make(folder, fail, REGIONS)
    assert before == {each.name: each.read_bytes() for each in folder.iterdir()}


def test_the_same_people_are_made_everywhere(folder: Path, tmp_path: Path) -> None:
    making.make(tmp_path / "again", lambda *_: None, REGIONS)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
