"""Gene coordinates from each format, and questions by gene."""

import gzip
from pathlib import Path

import pytest

from tests.variants.stores import Store
from variants.domain.question import Question
from variants.errors import CannotLoad, NotAnnotated, UnknownGene
from variants.loading.genes import load_genes

ALPHA = 'gene_id "ENSG00000000001.5"; gene_name "ALPHA";'
GTF = f"""#!genome-build GRCh37
20\thavana\tgene\t1001\t2000\t.\t+\t.\t{ALPHA} gene_type "protein_coding";
20\thavana\ttranscript\t1001\t2000\t.\t+\t.\t{ALPHA} transcript_id "T";
chrX\thavana\tgene\t60001\t60100\t.\t+\t.\tgene_id "ENSG00000000002"; gene_name "TWIN";
chrY\thavana\tgene\t10001\t10100\t.\t+\t.\tgene_id "ENSG00000000002_PAR_Y"; gene_name "TWIN";
GL000191.1\thavana\tgene\t1\t9\t.\t+\t.\tgene_id "ENSG00000000003"; gene_name "ELSEWHERE";
"""
GFF3 = """##gff-version 3
NC_000020.10\tBestRefSeq\tregion\t1\t63025520\t.\t+\t.\tID=NC_000020.10
NC_000020.10\tBestRefSeq\tgene\t1001\t2000\t.\t+\t.\tID=gene-ALPHA;Dbxref=GeneID:7;Name=ALPHA;gene_synonym=AL1,OLD%20NAME
NC_000020.11\tBestRefSeq\tgene\t5001\t6000\t.\t+\t.\tID=gene-OTHER;Name=OTHER
"""
BED = "track name=genes\nchr20\t1000\t2000\tALPHA\t0\t+\nchr20\t1500\t1600\tENSG00000000009.2\n"


@pytest.fixture(scope="module", autouse=True)
def vcf(store: Store, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("genes")
    header = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    places = [("20", at, "A", "T") for at in (1000, 1001, 2000, 2001)]
    places += [
        ("20", 1000, "C", "CG"),
        ("20", 2000, "C", "CG"),
        ("20", 500, "N", "<DEL>"),
        ("X", 60001, "A", "T"),
    ]
    info = {"<DEL>": "SVTYPE=DEL;END=9000"}
    lines = [
        "\t".join((c, str(at), ".", ref, alt, ".", ".", info.get(alt, "."))) + "\n"
        for c, at, ref, alt in places
    ]
    plain = folder / "plain.vcf"
    plain.write_text(header + "".join(sorted(lines, key=lambda line: line.split("\t")[0])))
    store.load("plain", plain)
    said = folder / "said.vcf"
    ann = (
        "ANN=T|missense_variant|MODERATE|ALPHA|ENSG00000000001|transcript|ENST00000000001.1|protein_coding|1/1|"
        "c.5A>T|p.Lys2Met||||"
    )
    said.write_text(
        header
        + f"20\t30000\t.\tA\tT\t.\t.\t{ann}\n20\t1500\t.\tA\tT\t.\t.\t{ann}\n20\t40000\t.\tA\tT\t.\t.\t.\n"
    )
    store.load("said", said)


def found(store: Store, dataset: str, question: Question) -> list[tuple[str, int, str]]:
    release = store.variants.release(dataset)
    assert store.variants.count(release, question) == len(store.rows(dataset, question))
    return [(row.allele.contig, row.allele.start, row.allele.alt) for row in store.rows(dataset, question)]


# 0-based [1000, 2000): the bases of 1001..2000, insertions at both of its ends, and the deletion around it.
OF_ALPHA = [("20", 500, "<DEL>"), ("20", 1000, "G"), ("20", 1000, "T"), ("20", 1999, "T"), ("20", 2000, "G")]


@pytest.mark.parametrize(
    ("text", "name", "genes"), [(GTF, "genes.gtf", 3), (GFF3, "genes.gff3", 1), (BED, "genes.bed", 2)]
)
@pytest.mark.parametrize("zipped", [False, True])
def test_each_format_gives_the_same_interval(
    store: Store, tmp_path: Path, text: str, name: str, genes: int, *, zipped: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    assert load_genes(store.database, "hg19", path) == genes == store.variants.gene_count("GRCh37")
    assert found(store, "plain", Question(gene="alpha")) == OF_ALPHA


def load(store: Store, tmp_path: Path, text: str) -> None:
    path = tmp_path / "genes"
    path.write_text(text)
    load_genes(store.database, "GRCh37", path)


def test_a_gene_goes_by_symbol_identifier_and_former_name(store: Store, tmp_path: Path) -> None:
    load(store, tmp_path, GTF)
    for name in ("ENSG00000000001", "ENSG00000000001.5", "Alpha"):
        assert found(store, "plain", Question(gene=name)) == OF_ALPHA
    load(store, tmp_path, GFF3)
    for name in ("GeneID:7", "old name", "AL1"):
        assert found(store, "plain", Question(gene=name)) == OF_ALPHA


def test_a_symbol_wins_over_a_former_name(store: Store, tmp_path: Path) -> None:
    old = "chr20\tx\tgene\t1\t100\t.\t+\t.\tID=gene-NEW;Name=NEW;gene_synonym=ALPHA\n"
    load(store, tmp_path, GFF3 + old.replace("chr20", "NC_000020.10"))
    assert found(store, "plain", Question(gene="ALPHA")) == OF_ALPHA


def test_a_gene_on_two_sequences_has_two_intervals(store: Store, tmp_path: Path) -> None:
    load(store, tmp_path, GTF)
    assert found(store, "plain", Question(gene="TWIN")) == [("X", 60000, "T")]
    assert found(store, "plain", Question(gene="ALPHA", reference="X")) == []


def test_annotation_and_position_are_joined_and_each_allele_counts_once(store: Store, tmp_path: Path) -> None:
    load(store, tmp_path, GTF)
    assert found(store, "said", Question(gene="ALPHA")) == [("20", 1499, "T"), ("20", 29999, "T")]
    assert found(store, "said", Question(gene="ENSG00000000001.5", aminoacid_change="p.Lys2Met")) == [
        ("20", 1499, "T"), ("20", 29999, "T"),
    ]  # fmt: skip
    assert found(store, "said", Question(short_form="ENST00000000001.1:c.5A>T")) == [
        ("20", 1499, "T"),
        ("20", 29999, "T"),
    ]


def test_what_no_dataset_asked_can_answer_is_said(store: Store, tmp_path: Path) -> None:
    load(store, tmp_path, GTF)
    plain, said = (store.variants.release(name) for name in ("plain", "said"))
    unknown, change = Question(gene="NOSUCH"), Question(aminoacid_change="K2M")
    with pytest.raises(UnknownGene, match="NOSUCH"):
        store.variants.answerable([plain], unknown)
    assert store.variants.answerable([plain, said], unknown) == [said], "its annotation knows all its genes"
    with pytest.raises(NotAnnotated):
        store.variants.answerable([plain], change)
    assert store.variants.answerable([plain, said], change) == [said]
    assert store.variants.count(plain, change) == 0


def test_files_that_name_no_gene_are_refused_and_change_nothing(store: Store, tmp_path: Path) -> None:
    load(store, tmp_path, GTF)
    for text in (
        "",
        "hello world\n",
        "20\tx\tgene\t9\t1\t.\t+\t.\tID=a\n",
        "GL000191.1\t1\t5\tZ\n",
        "20\tx\tgene\t1\t9\t.\t+\t.\t\n",
    ):
        with pytest.raises(CannotLoad):
            load(store, tmp_path, text)
    assert store.variants.gene_count("GRCh37") == 3
