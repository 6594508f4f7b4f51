"""The g. expression of an allele, applied to the reference, makes its sequence, as far right as can be."""

import random
import re

from beacon.wire.variation import genomic_hgvs
from variants.domain.allele import Allele, AlleleRow, Kind

WORD = re.compile(r"NC_000020\.10:g\.(\d+)(?:_(\d+))?(del|dup|ins)([ACGT]*)")


def applied(expression: str, reference: str) -> tuple[str, int]:
    """What HGVS says that it makes of the reference, and behind which base it ends or inserts (0-based)."""
    first, last, word, bases = WORD.fullmatch(expression).groups()  # type: ignore[union-attr]
    start, end = int(first) - 1, int(last or first)
    if word == "ins":
        assert end == start + 2
        return reference[: start + 1] + bases + reference[start + 1 :], start + 1
    again = reference[start:end] if word == "dup" else ""
    return reference[:start] + again * 2 + reference[end:], end


def test_indels_are_told_at_their_rightmost_place_and_as_duplications_where_they_are() -> None:
    rng, words = random.Random(5), set()
    for _ in range(3000):
        reference = "T" + "".join(rng.choices("AC", k=12)) + "G"
        start, size = rng.randint(1, 9), rng.randint(1, 3)
        if rng.random() < 0.5:
            made = reference[:start] + "".join(rng.choices("AC", k=size)) + reference[start:]
            places = [at for at in range(14) if made[:at] + made[at + size :] == reference]
            first, last = places[0], places[-1]
            allele = Allele("20", first, first, "", made[first : first + size], Kind.INS, size)
            ends, again = last, made[last : last + size] == reference[last - size : last]
        else:
            made = reference[:start] + reference[start + size :]
            places = [at for at in range(14) if reference[:at] + reference[at + size :] == made]
            first, last = places[0], places[-1]
            allele = Allele("20", first, first + size, reference[first : first + size], "", Kind.DEL, size)
            ends, again = last + size, False
        expression = genomic_hgvs("GRCh37", AlleleRow(allele, roll=last - first))
        assert expression is not None
        assert applied(expression, reference) == (made, ends), (reference, allele, expression)
        assert ("dup" in expression) is again, (reference, allele, expression)
        words |= {WORD.fullmatch(expression).group(3)}  # type: ignore[union-attr]
    assert words == {"ins", "del", "dup"}
