"""A question as one release understands it: linear intervals, stored spellings, kinds, annotations."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from variants.domain import asking, hgvs, kinds
from variants.domain.asking import BEYOND, Form
from variants.domain.assembly import assembly_of, canonical_assembly, canonical_contig
from variants.domain.cases import Zygosity
from variants.domain.dataset import Place, Release
from variants.domain.identifier import Identified, identified
from variants.domain.protein import amino_acid_change
from variants.domain.question import Question
from variants.domain.rolling import Rolled
from variants.domain.spelling import Spot, anywhere, read_bases, spots
from variants.errors import (
    BadPosition,
    BadShortForm,
    NotAnnotated,
    UnknownAssembly,
    UnknownGene,
    UnknownReference,
)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch in linear coordinates, half-open; see `Place.ordinal`."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Gene:
    """What coordinates know of a gene's name: all it may be annotated as, and where it lies."""

    names: tuple[str, ...]
    intervals: tuple[Interval, ...]


Genes = Callable[[str, str], Gene | None]
"""Looks up a gene by (assembly, name); None where no coordinates know the name."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a release looks for. Every field that is given narrows; inside one, the alternatives add.

    `spots` and `spellings` are stored spellings at linear starts, and `rolled`, where the release knows of
    equivalent places, adds the same change at any of them. `intervals` are overlapped, or the allele
    is annotated with one of `genes`. `within` holds the allele's start and `ending` its stop. `types` are
    alternatives, each list of them narrowing again. `bases` are (reference, alternate) patterns as a range
    narrows by them. `carried_by` are samples (whatever said which) and `zygosities` how they carry the
    allele; both are about the same sample. `least_carriers` is how many such samples there must be.
    """

    spots: tuple[Spot, ...] | None = None
    spellings: tuple[hgvs.Spelling, ...] | None = None
    rolled: Rolled | None = None
    intervals: tuple[Interval, ...] | None = None
    genes: tuple[str, ...] = ()
    within: Interval | None = None
    ending: Interval | None = None
    identified: Identified | None = None
    types: tuple[tuple[kinds.Selection, ...], ...] = ()
    bases: tuple[str | None, str | None] = (None, None)
    change: str | None = None
    expressions: tuple[str, ...] = ()
    consequences: tuple[tuple[str, ...], ...] = ()
    lengths: tuple[int | None, int | None] = (None, None)
    mate: Interval | None = None
    carried_by: frozenset[int] | None = None
    zygosities: frozenset[Zygosity] = frozenset()
    least_carriers: int | None = None

    @property
    def only_intervals(self) -> bool:
        """True where whatever overlaps the intervals is wanted, with nothing that narrows."""
        return self.intervals is not None and self == Target(intervals=self.intervals)


def resolve(question: Question, release: Release, genes: Genes) -> Target:
    """The question in the release's own terms.

    Raises:
        MixedQuestion, IncompleteQuestion, BadPosition, BadBases, BadLength, UnknownVariantType, BadShortForm:
            the question is not well formed.
        UnknownAssembly, UnknownReference, UnknownGene, NotAnnotated, BadPosition: this release cannot
        answer it.
    """
    form = asking.form_of(question)
    _same_assembly(question, release)
    where = _WHERE[form](question, release, genes)
    return _narrowed(question, release, form, where)


def _same_assembly(question: Question, release: Release) -> None:
    if question.assembly is not None and canonical_assembly(question.assembly) != release.assembly:
        raise UnknownAssembly(f"no dataset asked is on assembly {question.assembly[:40]}")
    for name in (question.reference, question.mate):
        if name is not None:
            _of_assembly(name, release)


def _of_assembly(name: str, release: Release) -> None:
    owner = assembly_of(_bare(name))
    if owner is not None and owner != release.assembly:
        raise UnknownReference(
            f"{name[:40]} is a sequence of {owner}, and no dataset asked is on that assembly"
        )


def _bare(name: str) -> str:
    """The name without the prefix that makes it a CURIE."""
    return name[7:] if name[:7].lower() == "refseq:" else name


def place(name: str, release: Release, parameter: str = "referenceName") -> Place:
    """The sequence that a caller names in a parameter, in any spelling.

    Raises:
        UnknownReference: the release's assembly has none of that name.
    """
    # What is no chromosome (a scaffold, a decoy) goes by the name that the files declare.
    contig = canonical_contig(release.assembly, _bare(name)) or _bare(name)
    found = release.places.get(contig)
    if found is None:
        known = ", ".join(list(release.places)[:30])
        raise UnknownReference(
            f"{parameter} {name[:40]!r} is unknown in {release.assembly}; known are {known}"
        )
    return found


def _at(where: Place, position: int) -> int:
    return (where.ordinal << 32) + position


def _start_at(where: Place, position: int, assembly: str) -> int:
    if where.length is not None and position >= where.length:
        raise BadPosition(
            f"start {position} lies beyond the end of {where.name}, which has {where.length} bases "
            f"in {assembly}"
        )
    return _at(where, position)


def _sequence(question: Question, release: Release, _: Genes) -> Target:
    where = place(question.reference or "", release)
    reference, start = question.reference_bases, question.start[0]
    replaced = None if reference is None else read_bases("referenceBases", reference)
    if replaced != "" or start != where.length:  # behind the last base there is room for an insertion
        _start_at(where, start, release.assembly)
    found = spots(_at(where, start), replaced, read_bases("alternateBases", question.alternate_bases or ""))
    return Target(spots=tuple(found), rolled=_known(anywhere(found), 0, release))


def _known(wanted: Rolled | None, base: int, release: Release) -> Rolled | None:
    """What is wanted in linear coordinates; None where no allele of the release is known to roll so far."""
    if wanted is None or release.roll == 0 or wanted.last - wanted.first > release.roll:
        return None
    return replace(wanted, first=base + wanted.first, last=base + wanted.last, most=release.roll)


def _range(question: Question, release: Release, _: Genes) -> Target:
    where = place(question.reference or "", release)
    start = _start_at(where, question.start[0], release.assembly)
    return Target(intervals=(Interval(start, _at(where, question.end[0])),))


def _bracket(question: Question, release: Release, _: Genes) -> Target:
    where = place(question.reference or "", release)
    first = _start_at(where, question.start[0], release.assembly)
    return Target(
        within=Interval(first, _at(where, question.start[1])),
        ending=Interval(*(_at(where, position) for position in question.end)),
    )


def _gene(question: Question, release: Release, genes: Genes) -> Target:
    name = (question.gene or "").strip()
    known = genes(release.assembly, name)
    if known is None and not release.annotated:
        raise UnknownGene(
            f"gene {name[:40]!r} is not known for {release.assembly}: use an HGNC symbol or an Ensembl "
            "id, or ask for a range (the site's custodian can load gene coordinates)"
        )
    spellings = {name, name.upper(), *(known.names if known else ())}
    return Target(intervals=known.intervals if known else (), genes=tuple(sorted(spellings)))


def _short_form(question: Question, release: Release, _: Genes) -> Target:
    said = hgvs.parse(question.short_form or "")
    if isinstance(said, hgvs.Annotated):
        _needs_annotation("a c., n. or p. expression", release)
        genes = () if said.gene is None else tuple(sorted({said.gene, said.gene.upper()}))
        return Target(expressions=said.texts, genes=genes)
    _of_assembly(said.reference, release)
    where = place(said.reference, release)
    base = _start_at(where, said.start, release.assembly) - said.start
    if where.length is not None and said.end > where.length:
        raise BadPosition(f"position {said.end} lies beyond the end of {where.name} in {release.assembly}")
    return Target(
        spellings=tuple(
            replace(each, start=base + each.start, end=base + each.end) for each in said.spellings()
        ),
        rolled=_known(said.anywhere(), base, release),
    )


def _identifier(question: Question, release: Release, _: Genes) -> Target:
    return Target(identified=identified(question.variant_id or "", release))


def _anywhere(*_: object) -> Target:
    return Target()


_WHERE: dict[Form, Callable[[Question, Release, Genes], Target]] = {
    Form.SEQUENCE: _sequence,
    Form.RANGE: _range,
    Form.BRACKET: _bracket,
    Form.GENE: _gene,
    Form.PROTEIN: _anywhere,
    Form.SHORT_FORM: _short_form,
    Form.IDENTIFIER: _identifier,
    Form.FEATURES: _anywhere,
    Form.EVERYTHING: _anywhere,
}


def _narrowed(question: Question, release: Release, form: Form, where: Target) -> Target:
    if form in {Form.GENE, Form.PROTEIN, Form.FEATURES} and question.reference is not None:
        where = replace(where, within=_whole(place(question.reference, release)))
    words = [(question.variant_type,)] if question.variant_type is not None else []
    named = [(question.consequence,)] if question.consequence is not None else []
    return replace(
        where,
        types=_types((*words, *((question.classes,) if question.classes else ()))),
        bases=_bases(question) if form is not Form.SEQUENCE else (None, None),
        change=_change(question, release),
        consequences=_consequences(
            (*named, *((question.consequences,) if question.consequences else ())), release
        ),
        lengths=(question.min_length, question.max_length),
        mate=None if question.mate is None else _whole(place(question.mate, release, "mateName")),
        carried_by=question.carried_by,
        zygosities=frozenset(question.zygosities),
        least_carriers=question.least_carriers,
    )


def _whole(where: Place) -> Interval:
    return Interval(_at(where, 0), _at(where, BEYOND))


def _types(groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[kinds.Selection, ...], ...]:
    """For each group of words what its words find; a group that finds everything does not narrow."""
    found = [tuple(kinds.matching(word) for word in group) for group in groups]
    return tuple(group for group in found if not any(selection.everything for selection in group))


def _bases(question: Question) -> tuple[str | None, str | None]:
    pairs = (("referenceBases", question.reference_bases), ("alternateBases", question.alternate_bases))
    reference, alternate = (None if text is None else read_bases(name, text) for name, text in pairs)
    return reference, alternate


def _change(question: Question, release: Release) -> str | None:
    if question.aminoacid_change is None:
        return None
    _needs_annotation("aminoacidChange", release)
    change = amino_acid_change(question.aminoacid_change)
    if change is None:
        raise BadShortForm(f"aminoacidChange {question.aminoacid_change[:40]!r} cannot be read: write V600E")
    return change


def _consequences(groups: tuple[tuple[str, ...], ...], release: Release) -> tuple[tuple[str, ...], ...]:
    if groups:
        _needs_annotation("a consequence", release)
    return groups


def _needs_annotation(name: str, release: Release) -> None:
    if not release.annotated:
        raise NotAnnotated(
            f"{name} needs variants annotated with ANN or CSQ, and no dataset asked has any: "
            "ask by place instead"
        )
