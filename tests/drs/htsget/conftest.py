"""A site of files made once, and a client of its tickets."""

import shutil

import pysam
import pysam.bcftools
import pysam.samtools
import pytest

from serving.testing import client
from tests.drs.htsget import genomes
from tests.drs.htsget.local import LocalFiles, app_of


@pytest.fixture(scope="session")
def files():
    return LocalFiles()


@pytest.fixture(scope="session")
def http(files):
    with client(app_of(files)) as asking:
        yield asking


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("htsget")


@pytest.fixture(scope="session")
def bases():
    return genomes.sequences()


@pytest.fixture(scope="session")
def reference(folder, bases):
    return genomes.fasta(folder, bases)


@pytest.fixture(scope="session")
def bam(folder, bases):
    return genomes.bam(folder / "reads.bam", bases)


@pytest.fixture(scope="session")
def reads_files(files, folder, bam, reference):
    """Ids of the same reads in every layout: name to (id, format, reference needed to read it)."""
    found = {}

    def add(name, path, format_, suffix, needs=None):
        options = ["-c"] if suffix == "csi" else []
        pysam.samtools.index(*options, str(path))
        found[name] = (files.add(path, format_, f"{path}.{suffix}"), path, format_, needs)

    add("bam, bai", bam, "BAM", "bai")
    add("bam, records over blocks, bai", genomes.unaligned(folder / "cut.bam", bam), "BAM", "bai")
    add("bam, records over blocks, csi", shutil.copy(folder / "cut.bam", folder / "cut2.bam"), "BAM", "csi")
    ways = {
        "cram": ("reference=" + str(reference), reference),
        "cram, embedded": ("embed_ref=1,reference=" + str(reference), None),
        "cram, no reference": ("no_ref=1", None),
        "cram 2.1": ("version=2.1,no_ref=1", None),
        "cram, several references a slice": ("no_ref=1,multi_seq_per_slice=1", None),
    }
    for number, (name, (how, needs)) in enumerate(ways.items()):
        path = folder / f"reads{number}.cram"
        pysam.samtools.view(
            "-O", f"cram,seqs_per_slice=300,{how}", "-o", str(path), str(bam), catch_stdout=False
        )
        add(name, path, "CRAM", "crai", needs)
    return found


@pytest.fixture(scope="session")
def variants_files(files, folder):
    """Ids of the same variants in every layout: name to (id, path, format)."""
    plain = genomes.vcf(folder / "variants.vcf")
    return laid_out(files, folder / "variants", plain)


def laid_out(files, target, plain):
    """A VCF in every layout: bgzip's blocks and bcftools', indexes of both kinds, BCF."""
    target.mkdir()
    found = {}
    for name, how, suffix, options in [
        ("bgzip, tbi", None, "tbi", ["-t"]),
        ("bgzip, csi", None, "csi", ["-c", "-m", "12"]),
        ("bcftools, tbi", "z", "tbi", ["-t"]),
        ("bcf, csi", "b", "csi", ["-c"]),
    ]:
        path = target / f"{len(found)}.{'bcf' if how == 'b' else 'vcf.gz'}"
        if how is None:
            pysam.tabix_compress(str(plain), str(path), force=True)
        else:
            pysam.bcftools.view(f"-O{how}", "-o", str(path), str(plain), catch_stdout=False)
        pysam.bcftools.index(*options, str(path))
        format_ = "BCF" if how == "b" else "VCF"
        found[name] = (files.add(path, format_, f"{path}.{suffix}"), path, format_)
    return found
