"""Files of reads and variants for tests: several layouts of the same records, with indexes of every kind."""

import random
import shutil
from pathlib import Path

import pysam
import pysam.bcftools
import pysam.samtools

REFERENCES = [("chr1", 4_000_000), ("chr2", 900_000), ("empty", 50_000), ("chr3", 20_000)]


def sequences():
    """The bases of each reference."""
    chance = random.Random(1)
    return {name: "".join(chance.choices("ACGT", k=length)) for name, length in REFERENCES}


def fasta(folder, bases):
    """The references as FASTA, with its index."""
    path = Path(folder) / "reference.fa"
    with path.open("w") as file:
        for name, text in bases.items():
            file.write(f">{name}\n" + "\n".join(text[at : at + 60] for at in range(0, len(text), 60)) + "\n")
    pysam.faidx(str(path))
    return path


def bam(path, bases, reads=9_000):
    """Sorted reads: short ones, long ones over many bins, spliced ones, placed and unplaced unmapped ones."""
    chance = random.Random(2)
    header = pysam.AlignmentHeader.from_references(
        [n for n, _ in REFERENCES], [each for _, each in REFERENCES]
    )
    found = [_read(chance, header, bases, number) for number in range(reads)]
    found.sort(key=lambda each: (each.reference_id if each.reference_id >= 0 else 99, each.reference_start))
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for each in found:
            file.write(each)
    return path


def _read(chance, header, bases, number):
    read = pysam.AlignedSegment(header)
    read.query_name = f"r{number}"
    kind = chance.random()
    length = chance.randint(500, 9_000) if kind < 0.02 else 100
    if kind > 0.97:
        read.flag, read.reference_id, read.reference_start = 4, -1, -1
        read.query_sequence = "".join(chance.choices("ACGT", k=length))
    else:
        reference = chance.choices([0, 1, 3], [6, 3, 1])[0]
        name, size = REFERENCES[reference]
        gap = chance.choice([0, 0, 0, 0, 3_000, 140_000, 700_000]) if kind > 0.94 and reference < 2 else 0
        gap = min(gap, size // 4)
        start = chance.randrange(size - length - gap)
        half = length // 2
        text = bases[name]
        read.reference_id, read.reference_start, read.mapping_quality = reference, start, 60
        read.query_sequence = text[start : start + half] + text[start + half + gap : start + length + gap]
        read.cigartuples = [(0, half), (3, gap), (0, length - half)] if gap else [(0, length)]
        if 0.9 < kind < 0.92:  # unmapped, and placed where its mate is
            read.flag, read.cigartuples, read.mapping_quality = 4, None, 0
    read.query_qualities = pysam.qualitystring_to_array("".join(chance.choices("#5:?I", k=length)))
    read.set_tag("NM", number % 7)
    read.set_tag("ZZ", "".join(chance.choices("abcdef", k=chance.randrange(60))))
    return read


def unaligned(path, source):
    """The same data in blocks of one size, whatever lies at their ends, as other programs write them."""
    raw = Path(path).with_suffix(".raw")
    with pysam.BGZFile(str(source), "r") as file, raw.open("wb") as out:
        shutil.copyfileobj(file, out)
    pysam.tabix_compress(str(raw), str(path), force=True)
    raw.unlink()
    return path


def vcf(path, records=6_000, samples=3):
    """Variants on three contigs of four, some of which are long deletions; INFO of very different length."""
    chance = random.Random(3)
    lines = ["##fileformat=VCFv4.3", '##INFO=<ID=END,Number=1,Type=Integer,Description="end, of it">']
    lines += [
        '##INFO=<ID=T,Number=1,Type=String,Description="text, ID=none">',
        '##ALT=<ID=DEL,Description="d">',
    ]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="g">']
    lines += [f"##contig=<ID={name},length={length}>" for name, length in REFERENCES]
    names = [f"s{each}" for each in range(samples)]
    lines.append("\t".join(["#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".replace(" ", "\t"), *names]))
    for name, length in REFERENCES:
        count = 0 if name == "empty" else records * length // 5_000_000
        for at in sorted(chance.randrange(1, length) for _ in range(count)):
            info = "T=" + "x" * int(chance.expovariate(1 / 60))
            alternate = "T"
            if chance.random() < 0.02:
                end = min(length, at + chance.choice([50, 20_000, 300_000]))
                alternate, info = "<DEL>", f"END={end};{info}"
            calls = [chance.choice(["0/0", "0/1", "1/1", "./."]) for _ in names]
            lines.append(
                "\t".join([name, str(at), f"v{len(lines)}", "A", alternate, ".", ".", info, "GT", *calls])
            )
    Path(path).write_text("\n".join(lines) + "\n")
    return path


def regions(number, seed, references=REFERENCES):
    """Random regions of every size, from one base to the whole."""
    chance = random.Random(seed)
    found = []
    for _ in range(number):
        name, length = chance.choice(references)
        start = chance.randrange(length)
        found.append((name, start, min(length, start + max(1, int(10 ** chance.uniform(0, 6))))))
    return found
