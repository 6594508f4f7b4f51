"""Small VCFs of our own making that hold one of each kind of allele."""

_CSQ = "Consequence annotations. Format: Allele|Consequence|SYMBOL|Gene|Feature|HGVSc|HGVSp"
_HEADER = f"""##fileformat=VCFv4.3
##fileDate=20240229
##INFO=<ID=END,Number=1,Type=Integer,Description="End">
##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Type">
##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="Length">
##INFO=<ID=MATEID,Number=1,Type=String,Description="Mate">
##INFO=<ID=AC,Number=A,Type=Integer,Description="Count">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Number">
##INFO=<ID=EAS_AF,Number=A,Type=Float,Description="Frequency in East Asia">
##INFO=<ID=CSQ,Number=.,Type=String,Description="{_CSQ}">
##ALT=<ID=DEL,Description="Deletion">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
"""
_LENGTHS = {"17": 81_195_210, "20": 63_025_520, "X": 155_270_560}  # of GRCh37
_COLUMNS = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]

_MISSENSE = "CSQ=T|missense_variant|THREE|ENSG3|ENST3.1|ENST3.1:c.35A>T|ENSP3.1:p.Val12Glu"
_STOP = "CSQ=G|stop_gained&splice_region_variant|THREE|ENSG3|ENST3.1|ENST3.1:c.40C>G|ENSP3.1:p.Tyr14Ter"

# chromosome, position, id, reference, alternates, INFO, and the genotypes of five people
RECORDS = (
    ("20", 1_000_000, "rs12", "A", "T", f"{_MISSENSE};EAS_AF=0.25", "0|1 0|1 1|1 0|0 ./."),
    ("20", 1_000_010, ".", "GAC", "G", ".", "0|0 1|0 0|0 0|0 0|0"),
    ("20", 1_000_020, ".", "G", "GACG", ".", "0|0 0|0 0|0 0|1 0|0"),
    ("20", 1_000_031, ".", "C", "GT", ".", "0|0 0|0 0|0 0|0 0|1"),
    ("20", 1_000_041, ".", "CC", "GT", ".", "0|0 0|0 0|0 0|0 1|1"),
    ("20", 1_000_050, ".", "A", "C,G", ".", "0|1 0|2 1|2 0|0 .|1"),
    ("20", 1_000_060, ".", "C", "G", _STOP, "1|0 0|0 0|0 0|0 0|0"),
    ("20", 1_000_100, "del1", "T", "<DEL>", "SVTYPE=DEL;END=1050000;SVLEN=-49900", "0|1 0|0 0|0 0|0 0|0"),
    ("20", 1_000_100, "dup1", "T", "<DUP>", "SVTYPE=DUP;END=1060000;SVLEN=59900", "0|0 0|1 0|0 0|0 0|0"),
    ("20", 1_000_100, "inv1", "T", "<INV>", "SVTYPE=INV;END=1060000;SVLEN=59900", "0|0 0|0 0|1 0|0 0|0"),
    ("20", 1_000_200, "ins1", "T", "<INS>", "SVTYPE=INS;END=1000200;SVLEN=300", "0|0 0|0 0|0 0|1 0|0"),
    ("20", 1_000_300, "bnd1", "G", "G]17:198982]", "SVTYPE=BND;MATEID=bnd2", "0|0 0|0 0|0 0|0 0|1"),
    ("20", 1_000_400, "cnv1", "T", "<CN0>,<CN2>", "SVTYPE=CNV;END=1070000", "0|1 0|2 0|0 0|0 0|0"),
    ("X", 3_000_000, ".", "C", "T", ".", "0|1 1 0 0|0 1|1"),
)


def vcf(names: tuple[str, ...], *, lengths: bool = True) -> str:
    """The records with genotypes of five people of these names; without names, the records alone.

    `lengths` states those of GRCh37 in the header.
    """
    contigs = (
        f"##contig=<ID={each}{f',length={size}' if lengths else ''}>" for each, size in _LENGTHS.items()
    )
    columns = [*_COLUMNS, *(("FORMAT", *names) if names else ())]
    lines = (*contigs, "\t".join(columns), *(_line(record, names) for record in RECORDS))
    return _HEADER + "".join(f"{line}\n" for line in lines)


def _line(record: tuple[str, int, str, str, str, str, str], names: tuple[str, ...]) -> str:
    chromosome, position, identifier, reference, alternates, info, genotypes = record
    fields = [chromosome, str(position), identifier, reference, alternates, ".", "PASS"]
    if names:
        return "\t".join([*fields, info, "GT", *genotypes.split()])
    count = ",".join("3" for _ in alternates.split(","))
    return "\t".join([*fields, f"AC={count};AN=100" + ("" if info == "." else f";{info}")])
