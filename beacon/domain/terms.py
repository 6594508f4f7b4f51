"""The filters that a dataset made of VCFs understands.

Of variants: their classes and molecular consequences. Of whoever carries them: zygosity, and sex.

Filters on one property are alternatives, filters on different properties narrow together (Beacon v2 FAQ).
Terms find narrower terms too, unless told otherwise. Asked of people or samples, a filter keeps those who
carry such a variant in such a way and are of such a sex, all of it at once; asked of variants, those that any
such person carries so (`variants.domain.asking`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from beacon.domain.asking import Filter
from beacon.domain.consequences import NAMES, TERMS, with_narrower
from beacon.domain.entries import EntryType
from beacon.errors import UnknownFilter
from variants.domain.cases import Zygosity
from variants.domain.kinds import LABELS, narrower
from variants.domain.question import Question
from variants.domain.sexes import Sex


class Property(Enum):
    """What a filter looks at."""

    CLASS = "class of variant"
    CONSEQUENCE = "molecular consequence"
    ZYGOSITY = "zygosity"
    SEX = "sex"


@dataclass(frozen=True, slots=True)
class Term:
    """A filter on offer. `tree` is true where it finds narrower terms that cannot be told apart."""

    id: str
    label: str
    about: Property
    tree: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """The entry types that it can be asked of."""
        return _SCOPES


_SCOPES = tuple(entry.value.id for entry in EntryType)

# Sequence Ontology names of classes; those of the last line hold narrower ones.
_CLASSES = {
    "SO:0001483": "SNV",
    "SO:0002007": "MNV",
    "SO:1000032": "delins",
    "SO:1000036": "inversion",
    "SO:1000173": "tandem_duplication",
    "SO:0000199": "translocation",
    "SO:0001837": "mobile_element_insertion",
    "SO:0002066": "mobile_element_deletion",
}
_CLASS_TREES = {
    "SO:1000002": "substitution",
    "SO:0000667": "insertion",
    "SO:0000159": "deletion",
    "SO:1000035": "duplication",
    "SO:0001019": "copy_number_variation",
    "SO:0001742": "copy_number_gain",
    "SO:0001743": "copy_number_loss",
}

# Compound heterozygous, X-linked hemizygous and the like: a genotype alone does not tell them apart.
_ZYGOSITY_TREES = (Zygosity.HETEROZYGOUS, Zygosity.HEMIZYGOUS)
_ZYGOSITIES = {each.term: each for each in Zygosity}
_SEXES = {each.term: each for each in Sex}

ALL: tuple[Term, ...] = (
    *(Term(each, label, Property.CLASS) for each, label in _CLASSES.items()),
    *(Term(each, label, Property.CLASS, tree=True) for each, label in _CLASS_TREES.items()),
    *(Term(each, label, Property.CLASS, tree=len(narrower(each)) > 1) for each, label in LABELS.items()),
    *(Term(each, name, Property.CONSEQUENCE) for name, each in sorted(TERMS.items())),
    *(Term(each.term, each.value, Property.ZYGOSITY, tree=each in _ZYGOSITY_TREES) for each in Zygosity),
    *(Term(each.term, each.value, Property.SEX) for each in Sex),
)

RESOURCES = (
    {
        "id": "so",
        "name": "Sequence types and features ontology",
        "url": "http://purl.obolibrary.org/obo/so.owl",
        "nameSpacePrefix": "SO",
        "iriPrefix": "http://purl.obolibrary.org/obo/SO_",
    },
    {
        "id": "efo",
        "name": "Experimental Factor Ontology",
        "url": "http://www.ebi.ac.uk/efo/efo.owl",
        "nameSpacePrefix": "EFO",
        "iriPrefix": "http://www.ebi.ac.uk/efo/EFO_",
    },
    {
        "id": "geno",
        "name": "GENO ontology",
        "url": "http://purl.obolibrary.org/obo/geno.owl",
        "nameSpacePrefix": "GENO",
        "iriPrefix": "http://purl.obolibrary.org/obo/GENO_",
    },
    {
        "id": "ncit",
        "name": "NCI Thesaurus OBO Edition",
        "url": "http://purl.obolibrary.org/obo/ncit.owl",
        "nameSpacePrefix": "NCIT",
        "iriPrefix": "http://purl.obolibrary.org/obo/NCIT_",
    },
)

# A term may be written with `_` for `:` (the form of its web address), and by its name.
_BY_NAME: dict[str, Term] = {
    spelling: term
    for term in ALL
    for spelling in (term.label.lower(), term.id.lower().replace(":", "_"), term.id.lower())
}


def narrow(question: Question, filters: Iterable[Filter]) -> Question:
    """The question with the filters in it.

    Raises:
        UnknownFilter: a filter that is not on offer, or not in the way it is asked.
    """
    asked: dict[Property, list[str]] = {each: [] for each in Property}
    for each in filters:
        term = _term(each)
        asked[term.about] += _consequences(each, term) if term.about is Property.CONSEQUENCE else [term.id]
    if not any(asked.values()):
        return question
    return replace(
        question,
        classes=tuple(asked[Property.CLASS]),
        consequences=tuple(sorted(set(asked[Property.CONSEQUENCE]))),
        zygosities=tuple(_ZYGOSITIES[each] for each in asked[Property.ZYGOSITY]),
        sexes=tuple(_SEXES[each] for each in asked[Property.SEX]),
    )


def _consequences(asked: Filter, term: Term) -> Iterable[str]:
    name = NAMES[term.id]
    return with_narrower(name) if asked.descendants else [name]


def _term(asked: Filter) -> Term:
    name = asked.id[:40]
    term = _BY_NAME.get(asked.id.lower())
    if term is None:
        raise UnknownFilter(
            f"Filter '{name}' is not known here: choose from those that /filtering_terms lists."
        )
    if asked.operator is not None:
        raise UnknownFilter(f"Filter '{name}' is a term and takes no value: leave out operator and value.")
    if asked.scope is not None and asked.scope not in _SCOPES:
        raise UnknownFilter(
            f"Filter '{name}' has no scope '{asked.scope[:40]}': use one of {', '.join(_SCOPES)}."
        )
    if term.tree and not asked.descendants:
        raise UnknownFilter(
            f"Filter '{name}' always includes its narrower terms: leave out includeDescendantTerms."
        )
    return term
