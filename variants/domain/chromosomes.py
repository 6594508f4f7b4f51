"""The chromosomes of the human assemblies this site knows by heart: names, lengths, accessions. Data only."""

NAMES = (*(str(number) for number in range(1, 23)), "X", "Y", "MT")

GRCH37_LENGTHS = (
    249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431,
    135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248,
    59128983, 63025520, 48129895, 51304566, 155270560, 59373566, 16569,
)  # fmt: skip
GRCH38_LENGTHS = (
    248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717,
    133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285,
    58617616, 64444167, 46709983, 50818468, 156040895, 57227415, 16569,
)  # fmt: skip
CHM13_LENGTHS = (
    248387328, 242696752, 201105948, 193574945, 182045439, 172126628, 160567428, 146259331, 150617247,
    134758134, 135127769, 133324548, 113566686, 101161492, 99753195, 96330374, 84276897, 80542538,
    61707364, 66210255, 45090682, 51324926, 154259566, 62460029, 16569,
)  # fmt: skip

_GRCH37_VERSIONS = (
    10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9,
)  # fmt: skip
_GRCH38_VERSIONS = (
    11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10,
)  # fmt: skip

GRCH37_REFSEQ = (
    *(f"NC_{number:06d}.{version}" for number, version in enumerate(_GRCH37_VERSIONS, 1)),
    "NC_012920.1",
)
GRCH38_REFSEQ = (
    *(f"NC_{number:06d}.{version}" for number, version in enumerate(_GRCH38_VERSIONS, 1)),
    "NC_012920.1",
)
# CHM13 has a mitochondrial sequence of its own, which RefSeq does not carry: its GenBank name stands in.
CHM13_REFSEQ = (*(f"NC_{60924 + number:06d}.1" for number in range(1, 25)), "CP068254.1")

GRCH37_GENBANK = (*(f"CM{662 + number:06d}.1" for number in range(1, 25)), "J01415.2")
GRCH38_GENBANK = (*(f"CM{662 + number:06d}.2" for number in range(1, 25)), "J01415.2")
CHM13_GENBANK = (*(f"CP{68278 - number:06d}.2" for number in range(1, 24)), "CP086569.2", "CP068254.1")
