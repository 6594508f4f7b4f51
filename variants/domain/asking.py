"""What kinds of question there are, what each means exactly, and which parameters may stand together.

All positions are 0-based and half-open. An allele lies at [start, end) as `Allele` says: trimmed, an
insertion having `start == end`. Every kind finds alleles of the release only, and in a dataset with
genotypes every allele has a carrier.

SEQUENCE   `reference`, one `start`, `alternate_bases`, maybe `reference_bases`. With reference bases:
           both are trimmed as stored alleles are (common suffix, then common prefix) and must equal the
           allele in start, reference and alternate bases; so the spelling with the base before an indel
           and the shortest one find the same allele. Where that base is asked and known, it must agree.
           `N` (or another IUPAC code) stands for each base it means, and the allele must be what some
           filling of it trims to. Without reference bases: alleles that start at `start` with these
           alternate bases, and indels whose VCF spelling (the base before, then the alternate bases)
           starts at `start` and reads so. See "In a repeat" below.
RANGE      `reference`, one `start`, one `end`: every allele that overlaps [start, end):
           `allele.start < end` and `allele.end > start`. An insertion lies between two bases and touches
           both: `start <= allele.start <= end`.
BRACKET    `reference`, two of each: `start[0] <= allele.start < start[1]` and
           `end[0] <= allele.end < end[1]`.
GENE       `gene`: alleles annotated with the gene, or overlapping (as a range) its interval on the dataset's
           assembly. A symbol wins over an identifier, and that over a former name; case does not matter for
           coordinates.
PROTEIN    `aminoacid_change` without a place: alleles annotated with that change (`V600E`).
SHORT_FORM `short_form`: an HGVS expression. g. is read as the sequence question it means, del and dup also
           without their bases; c., n. and p. find alleles annotated with it. See "In a repeat" below.
IDENTIFIER `variant_id`: the one allele this site gave that identifier.
FEATURES   none of these, but a sequence, a type, a length, a mate or a consequence: every allele that has
           them.
EVERYTHING nothing at all: every allele.

In a repeat one insertion or deletion may be written at several places: VCF wants the first, HGVS the last.
SEQUENCE with reference bases and SHORT_FORM (g. del, ins, dup, and delins that names the bases it replaces)
find it at whichever of them it is asked, exactly where both make the same sequence, if it was loaded with a
reference genome (places up to 32,767 bases on are known). If not, nothing is claimed: it is found where its
file puts it, and, for del and dup with their bases, up to their own length before the place asked. SEQUENCE
without reference bases names no change but a reading, and finds it where it stands.

What narrows: `variant_type`, `classes` (any of several types), `min_length <= allele.length <= max_length`
(an allele of unknown length never matches), `mate` (a breakend whose other end lies there), `consequence` and
`consequences` (any of several) narrow any kind they may stand with; `reference` without a start narrows GENE,
PROTEIN and FEATURES to that sequence. In RANGE and GENE `aminoacid_change` narrows, and `alternate_bases` and
`reference_bases` keep alleles that read so in their trimmed spelling or in VCF's with the base before.

What narrows by the carriers: `carried_by` (one of these samples), `zygosities` (a sample that carries the
allele in one of these ways, as `Zygosity` tells them apart) and `sexes` (a sample of a person of one of them)
narrow any kind. They are about one and the same sample: an allele matches where at least one sample is in
`carried_by`, of one of `sexes`, and carries it in one of `zygosities`. The carriers of a question are these
samples, over all alleles that match. A dataset without genotypes has no carriers, and nothing in it matches
such a question. A person of whom nothing is known has the sex "unknown". A question that names nothing but
`sexes`, asked of people or samples, is about those of these sexes, whether or not they carry anything.
"""

from enum import Enum, auto

from variants.domain.question import Question
from variants.errors import BadLength, BadPosition, BadText, IncompleteQuestion, MixedQuestion

BEYOND = 1 << 32  # positions live below: a linear coordinate keeps its sequence above bit 32


class Form(Enum):
    """The kinds of question; this module's docstring says what each means."""

    SEQUENCE = auto()
    RANGE = auto()
    BRACKET = auto()
    GENE = auto()
    PROTEIN = auto()
    SHORT_FORM = auto()
    IDENTIFIER = auto()
    FEATURES = auto()
    EVERYTHING = auto()


# What each parameter is called where it is asked, and the forms in which it may stand.
_NAMES = {
    "reference": "referenceName",
    "start": "start",
    "end": "end",
    "reference_bases": "referenceBases",
    "alternate_bases": "alternateBases",
    "variant_type": "variantType",
    "gene": "geneId",
    "aminoacid_change": "aminoacidChange",
    "short_form": "genomicAlleleShortForm",
    "min_length": "variantMinLength",
    "max_length": "variantMaxLength",
    "mate": "mateName",
    "variant_id": "variantInternalId",
    "consequence": "consequence",
}
_NARROWING = {"variant_type", "min_length", "max_length", "mate", "consequence"}
_BASES = {"reference_bases", "alternate_bases"}
_ALLOWED = {
    Form.SEQUENCE: {"reference", "start", "variant_type", "min_length", "max_length", "consequence"} | _BASES,
    Form.RANGE: {"reference", "start", "end", "aminoacid_change"} | _BASES | _NARROWING,
    Form.BRACKET: {"reference", "start", "end"} | _NARROWING,
    Form.GENE: {"gene", "reference", "aminoacid_change"} | _BASES | _NARROWING,
    Form.PROTEIN: {"aminoacid_change", "reference"} | _NARROWING,
    Form.SHORT_FORM: {"short_form"},
    Form.IDENTIFIER: {"variant_id"},
    Form.FEATURES: {"reference"} | _NARROWING,
    Form.EVERYTHING: set(),
}


def form_of(question: Question) -> Form:
    """The kind of a well-formed question; looks at nothing but the question.

    Raises:
        MixedQuestion: parameters of two kinds stand together.
        IncompleteQuestion: a parameter lacks another that it needs.
        BadPosition: a position is negative, too large or reversed.
        BadLength: a negative length, or a maximum below the minimum.
        BadText: a parameter holds a character that no database keeps.
    """
    _storable(question)
    given = {name for name in _NAMES if getattr(question, name) not in (None, ())}
    form = _form(question, given)
    _nothing_else(form, given)
    _positions(question)
    _lengths(question)
    return form


def _storable(question: Question) -> None:
    values = (getattr(question, name) for name in _NAMES)
    words = [value for value in values if isinstance(value, str)]
    if any("\0" in word for word in (*words, *question.classes, *question.consequences)):
        raise BadText("a parameter holds a NUL character: leave it out")


def _form(question: Question, given: set[str]) -> Form:
    if "variant_id" in given:
        return Form.IDENTIFIER
    if "short_form" in given:
        return Form.SHORT_FORM
    if "start" in given or "end" in given:
        return _form_at_place(question)
    if "gene" in given:
        return Form.GENE
    if given & _BASES:
        raise IncompleteQuestion(f"{_listed(given & _BASES)} need referenceName and start, or a geneId")
    if "aminoacid_change" in given:
        return Form.PROTEIN
    return Form.FEATURES if given else Form.EVERYTHING


def _form_at_place(question: Question) -> Form:
    if question.gene is not None:
        raise MixedQuestion("geneId already names a place: leave out start and end, or the geneId")
    if question.reference is None:
        raise IncompleteQuestion("start and end need a referenceName")
    match (len(question.start), len(question.end)):
        case (1, 0):
            if question.alternate_bases is None:
                raise IncompleteQuestion(
                    "start without end asks for a sequence and needs alternateBases; "
                    "for whatever lies at one base, give end = start + 1"
                )
            return Form.SEQUENCE
        case (1, 1):
            return Form.RANGE
        case (2, 2):
            return Form.BRACKET
        case (0, _):
            raise IncompleteQuestion("end needs a start")
    raise MixedQuestion("give one start and one end for a range, or two of each for a bracket")


def _nothing_else(form: Form, given: set[str]) -> None:
    surplus = given - _ALLOWED[form]
    if surplus:
        kind = _listed(given & _OWN[form]) if form in _OWN else form.name.lower()
        raise MixedQuestion(f"{_listed(surplus)} cannot be asked together with {kind}: leave out one of them")


_OWN = {
    Form.SEQUENCE: {"start", "alternate_bases"},
    Form.RANGE: {"start", "end"},
    Form.BRACKET: {"start", "end"},
    Form.GENE: {"gene"},
    Form.PROTEIN: {"aminoacid_change"},
    Form.SHORT_FORM: {"short_form"},
    Form.IDENTIFIER: {"variant_id"},
}


def _listed(names: set[str]) -> str:
    return " and ".join(_NAMES[name] for name in _NAMES if name in names)


def _positions(question: Question) -> None:
    for position in (*question.start, *question.end):
        if not 0 <= position < BEYOND:
            raise BadPosition(f"{position} is no position: they count from 0 at a sequence's first base")
    if len(question.start) == len(question.end) == 1 and question.end[0] <= question.start[0]:
        raise BadPosition(
            "end must be greater than start: positions are 0-based and end is not included, "
            "so one base is end = start + 1"
        )
    for name, pair in (("start", question.start), ("end", question.end)):
        if len(pair) == 2 and pair[1] <= pair[0]:
            raise BadPosition(f"the second {name} must be greater than the first: it is not included")


def _lengths(question: Question) -> None:
    shortest, longest = question.min_length, question.max_length
    if (shortest is not None and shortest < 0) or (longest is not None and longest < 0):
        raise BadLength("variantMinLength and variantMaxLength cannot be negative")
    if shortest is not None and longest is not None and longest < shortest:
        raise BadLength("variantMaxLength must not be below variantMinLength")
