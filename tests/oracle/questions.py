"""Random questions of every kind about a file: hits, near misses, ends and one base beside them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from variants.domain.allele import Kind
from variants.domain.cases import Zygosity
from variants.domain.question import Question
from variants.domain.sexes import Sex

from .brute import Oracle
from .seen import Seen
from .vocabulary import ACCESSION_OF, MEANING

BASES = "ACGT"


def _is_substitution(change: str) -> bool:
    return change[0].isalpha() and change[-1].isalpha() and change[1:-1].isdigit()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the name of its kind."""

    kind: str
    question: Question


class Asker:
    """Makes questions about one file. The same seed makes the same questions."""

    def __init__(self, oracle: Oracle, assembly: str, seed: int, *, people: bool = True) -> None:
        self.oracle = oracle
        self.assembly = assembly
        self.rng = random.Random(seed)
        self.alleles = sorted(oracle.alleles, key=lambda a: a.place)
        self.bases = [a for a in self.alleles if not a.alt.startswith("<") and a.kind is not Kind.BND]
        self.people = people and bool(oracle.samples)
        self.makers: dict[str, Callable[[], Question | None]] = {
            name.removeprefix("_ask_"): getattr(self, name) for name in dir(self) if name.startswith("_ask_")
        }

    def ask(self, number: int) -> Iterator[Asked]:
        """So many questions, kind after kind; a kind the file cannot answer at all is left out."""
        while number > 0:
            for kind, make in self.makers.items():
                question = make()
                if question is not None and number > 0:
                    number -= 1
                    yield Asked(kind, self._perhaps_filtered(self._perhaps_carried(question)))

    # --- what the file offers

    def _any(self) -> Seen:
        return self.rng.choice(self.alleles)

    def _spelt(self, contig: str) -> str:
        names = [contig, f"chr{contig}", ACCESSION_OF.get(contig, contig)]
        return self.rng.choice(names if contig != "MT" else [*names, "chrM", "M"])

    def _about(self, contig: str) -> Question:
        assembly = self.rng.choice(
            [None, self.assembly, "hg19" if self.assembly == "GRCh37" else self.assembly]
        )
        return Question(assembly=assembly, reference=self._spelt(contig))

    def _perhaps_carried(self, question: Question) -> Question:
        if not self.people or self.rng.random() > 0.1:
            return question
        count = self.rng.randint(1, min(5, len(self.oracle.samples)))
        chosen = self.rng.sample(range(len(self.oracle.samples)), count)
        return replace(question, carried_by=frozenset(chosen))

    def _perhaps_filtered(self, question: Question) -> Question:
        """A third of the questions want carriers of a kind, or of a sex, or both; no samples, no carriers."""
        if self.rng.random() < 0.7:
            return question
        ways = tuple(self.rng.sample(list(Zygosity), self.rng.choice((0, 1, 1, 2, 3, 4))))
        sexes = tuple(self.rng.sample(list(Sex), self.rng.choice((0, 0, 1, 2))))
        return replace(question, zygosities=ways, sexes=sexes)

    def _ask_everything(self) -> Question:
        return Question()

    # --- sequences

    def _ask_sequence(self) -> Question | None:
        if not self.bases:
            return None
        a = self.rng.choice(self.bases)
        start = a.start + self.rng.choice((0, 0, 0, 0, 1, -1))
        alt = self.rng.choice((a.alt, a.alt, a.alt, self.rng.choice(BASES), a.alt.lower()))
        return self._sequence(a.contig, start, a.ref, alt)

    def _ask_sequence_without_reference_bases(self) -> Question | None:
        if not self.bases:
            return None
        a = self.rng.choice(self.bases)
        start, alt = a.start, a.alt
        if a.anchor and self.rng.random() < 0.5:
            start, alt = start - 1, a.anchor + alt
        return self._sequence(a.contig, start, None, alt)

    def _ask_sequence_as_vcf_spells_it(self) -> Question | None:
        anchored = [a for a in self.bases if a.anchor]
        if not anchored:
            return None
        a = self.rng.choice(anchored)
        more = self.rng.choice(("", "", "A", "GT"))
        ref, alt = f"{a.anchor}{a.ref}{more}", f"{a.anchor}{a.alt}{more}"
        return self._sequence(a.contig, a.start - 1 + self.rng.choice((0, 0, 0, 1)), ref, alt)

    def _ask_sequence_with_wildcards(self) -> Question | None:
        if not self.bases:
            return None
        a = self.rng.choice([a for a in self.bases if len(a.ref) + len(a.alt) < 6] or self.bases)
        before = (a.anchor or "") if self.rng.random() < 0.5 else ""
        ref: str | None = self._masked(before + a.ref)
        alt = self._masked(before + a.alt)
        return self._sequence(a.contig, a.start - len(before), self.rng.choice((ref, ref, None)), alt)

    def _masked(self, bases: str) -> str:
        if not bases or bases.count("N") or len(bases) > 40:
            return bases
        places = self.rng.sample(range(len(bases)), min(len(bases), self.rng.randint(1, 2)))
        return "".join("N" if place in places else base for place, base in enumerate(bases))

    def _sequence(self, contig: str, start: int, ref: str | None, alt: str) -> Question | None:
        if start < 0 or (ref is not None and ref == alt.upper()):
            return None
        return replace(self._about(contig), start=(start,), reference_bases=ref, alternate_bases=alt)

    # --- places

    def _ask_range_at_an_edge(self) -> Question:
        a = self._any()
        low = self.rng.choice((a.start, a.end)) + self.rng.choice((-2, -1, 0, 1))
        return self._range(a.contig, low, low + self.rng.choice((1, 1, 2, 10)))

    def _ask_range_inside(self) -> Question:
        a = max((self._any() for _ in range(20)), key=lambda a: a.end - a.start)
        low = self.rng.randint(a.start, max(a.start, a.end))
        return self._range(a.contig, low, low + self.rng.choice((1, 5)))

    def _ask_range_between_two(self) -> Question:
        one = self._any()
        other = self.rng.choice([a for a in self.alleles if a.contig == one.contig])
        low, high = sorted((self.rng.choice((one.start, one.end)), self.rng.choice((other.start, other.end))))
        return self._range(one.contig, low, high)

    def _ask_range_of_a_size(self) -> Question:
        a = self._any()
        size = self.rng.choice((100, 20_000, 1_000_000, 10_000_000))
        return self._range(a.contig, a.start - self.rng.randint(0, size), a.start + self.rng.randint(0, size))

    def _ask_range_between_alleles(self) -> Question:
        number = self.rng.randrange(len(self.alleles))
        one, other = self.alleles[number], self.alleles[min(number + 1, len(self.alleles) - 1)]
        low, high = (one.end, other.start) if one.contig == other.contig else (one.end, one.end + 100)
        return self._range(one.contig, min(low, high), max(low, high))

    def _ask_whole_contig(self) -> Question:
        return self._about(self._any().contig)

    def _ask_range_and_bases(self) -> Question | None:
        single = [a for a in self.bases if a.kind is Kind.SNV]
        if not single:
            return None
        a = self.rng.choice(single)
        where = self._range(a.contig, a.start - self.rng.randint(0, 3000), a.end + self.rng.randint(0, 3000))
        ref = self.rng.choice((None, a.ref, "N"))
        return replace(where, reference_bases=ref, alternate_bases=self.rng.choice((a.alt, a.alt, "N")))

    def _range(self, contig: str, low: int, high: int) -> Question:
        low = max(0, low)
        return replace(self._about(contig), start=(low,), end=(max(low + 1, high),))

    def _ask_bracket(self) -> Question:
        a = self._any()
        reach = self.rng.choice((0, 1, 5, 1000))
        starts = self._span(a.start - reach, a.start + self.rng.choice((0, 1, 1, 1000)))
        ends = self._span(a.end - reach, a.end + self.rng.choice((0, 1, 1, 1000)))
        kind = self.rng.choice((None, None, a.kind.name if a.kind.name in MEANING else None))
        return replace(self._about(a.contig), start=starts, end=ends, variant_type=kind)

    @staticmethod
    def _span(low: int, high: int) -> tuple[int, int]:
        return max(0, low), max(0, low, high - 1) + 1

    # --- annotation, kinds, lengths

    def _ask_gene_by_annotation(self) -> Question | None:
        genes = sorted({gene for a in self._annotated() for gene in a.annotated.genes})
        return self._of_gene(self.rng.choice(genes)) if genes else None

    def _ask_gene_by_place(self) -> Question | None:
        if not self.oracle.genes:
            return None
        return self._of_gene(self.rng.choice(self.oracle.genes).name)

    def _of_gene(self, gene: str) -> Question:
        a = self._any()
        kind = self.rng.choice((None, None, a.kind.name if a.kind.name in MEANING else None))
        return Question(gene=gene, variant_type=kind, max_length=self.rng.choice((None, None, 1, 100)))

    def _ask_aminoacid_change(self) -> Question | None:
        said = [a for a in self.alleles if any(map(_is_substitution, a.annotated.changes))]
        if not said:
            return None
        a = self.rng.choice(said)
        gene = self.rng.choice((None, *sorted(a.annotated.genes)))
        return Question(
            aminoacid_change=self.rng.choice(sorted(filter(_is_substitution, a.annotated.changes))), gene=gene
        )

    def _ask_transcript_short_form(self) -> Question | None:
        spelt = [text for a in self._annotated() for text in a.annotated.hgvs if self._is_asked(text)]
        return Question(short_form=self.rng.choice(sorted(spelt))) if spelt else None

    @staticmethod
    def _is_asked(text: str) -> bool:
        return text.partition(":")[0].startswith(("ENST", "ENSP", "NM_"))

    def _ask_consequence(self) -> Question | None:
        said = sorted({word for a in self._annotated() for word in a.annotated.consequences})
        if not said or self.rng.random() < 0.5:
            return Question(consequence=self.rng.choice(said)) if said else None
        return Question(consequences=tuple(self.rng.sample(said, min(2, len(said)))))

    def _annotated(self) -> list[Seen]:
        return [a for a in (self._any() for _ in range(30)) if a.annotated.genes]

    def _ask_genomic_short_form(self) -> Question | None:
        if not self.bases:
            return None
        a = self.rng.choice(self.bases)
        if a.contig not in ACCESSION_OF or a.kind is Kind.MNV:
            return None
        shift = self.rng.choice((0, 0, 0, 1))
        first, last = a.start + 1 + shift, a.end + shift
        span = f"{first}" if first == last else f"{first}_{last}"
        if a.kind is Kind.INS:
            change = f"{last}_{first}ins{a.alt}"
        elif a.kind is Kind.SNV:
            change = f"{first}{a.ref}>{a.alt}"
        else:
            change = f"{span}del" if not a.alt else f"{span}delins{a.alt}"
        return Question(short_form=f"{ACCESSION_OF[a.contig]}:g.{change}")

    def _ask_type(self) -> Question:
        kind = self._any().kind
        words = [word for word, kinds in MEANING.items() if kind in kinds] or sorted(MEANING)
        word = self.rng.choice((*words, *words, self.rng.choice(sorted(MEANING))))
        if self.rng.random() < 0.2:
            return self._narrowed(Question(classes=(word, self.rng.choice(sorted(MEANING)))))
        return self._narrowed(Question(variant_type=word))

    def _ask_length(self) -> Question:
        length = self._any().length or 1
        low = self.rng.choice((None, length, length + 1, 1, 50))
        high = self.rng.choice((None, length, length + 5, 1000))
        if low is not None and high is not None and low > high:
            low, high = high, low
        question = Question(min_length=low, max_length=high)
        return self._narrowed(question, always=low is None and high is None)

    def _ask_mate(self) -> Question | None:
        mates = sorted({a.mate for a in self.alleles if a.mate})
        return Question(mate=self._spelt(self.rng.choice(mates))) if mates else None

    def _narrowed(self, question: Question, *, always: bool = False) -> Question:
        if not always and self.rng.random() < 0.5:
            return question
        where = self._ask_range_of_a_size()
        return replace(
            question, assembly=where.assembly, reference=where.reference, start=where.start, end=where.end
        )
