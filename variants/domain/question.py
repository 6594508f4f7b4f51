"""A question about variants, as any front door may ask it (Beacon v2 `requestParameters`)."""

from dataclasses import dataclass, replace

from variants.domain.cases import Zygosity
from variants.domain.sexes import Sex


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for. Every field narrows; an empty question matches every allele of the dataset.

    Positions are 0-based. One `start` and no `end`: a sequence question (needs `alternate_bases`). One of
    each: a range, any overlap. Two of each: a bracket, `start[0] <= allele.start < start[1]` and `end[0] <=
    allele.end < end[1]`. `reference` is a contig in any spelling (`20`, `chr20`, `NC_000020.11`). `N` in
    bases is any one base; an empty string is no base (insertion, deletion). `variant_type` is a word
    (`DEL`) or a term (`EFO:0030067`), narrower terms included. Lengths are in bases. `variant_id` is an
    identifier this site gave (`variantInternalId`). `carried_by` restricts to alleles carried by at least
    one of these sample ordinals. `classes` and `consequences` are filters beside the parameters: any one
    of several variant types (words or terms, narrower ones included), any one of several Sequence Ontology
    names. `zygosities` and `sexes` are filters on whoever carries the allele: in any one of several ways,
    being of any one of several sexes. With `carried_by` they are about the same carrier. `least_carriers`
    leaves only alleles that so many samples carry, in such a way and being of such a sex where that is asked.
    """

    assembly: str | None = None
    reference: str | None = None
    start: tuple[int, ...] = ()
    end: tuple[int, ...] = ()
    reference_bases: str | None = None
    alternate_bases: str | None = None
    variant_type: str | None = None
    gene: str | None = None
    aminoacid_change: str | None = None
    short_form: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    mate: str | None = None
    variant_id: str | None = None
    consequence: str | None = None
    carried_by: frozenset[int] | None = None
    classes: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    zygosities: tuple[Zygosity, ...] = ()
    sexes: tuple[Sex, ...] = ()
    least_carriers: int | None = None

    def about_any(self) -> bool:
        """True where nothing narrows the question by the variant, or by how it is carried.

        Whom it is asked of (`carried_by`, `sexes`) stands aside.
        """
        return replace(self, carried_by=None, sexes=(), assembly=None) == Question()
