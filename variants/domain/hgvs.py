"""HGVS expressions: genomic ones as stored alleles, others in every spelling of annotators.

HGVS puts an insertion or deletion in a repeat at the last of its possible places, a site's store at the
first that is known to be the same. Where a reference genome was given when the file was loaded, the two meet
exactly (`Genomic.anywhere`). Without one, only the places that the expression itself proves are found (see
`Genomic.spellings`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from variants.domain.allele import Kind
from variants.domain.normal import trim
from variants.domain.protein import three_letter
from variants.domain.rolling import Rolled
from variants.errors import BadShortForm

_EXAMPLE = "write for instance NC_000020.10:g.1000226A>T"
_TEXT = re.compile(r"^(?:(?P<reference>[^:\s]+):)?(?P<kind>[gmcnpro])\.(?P<change>\S+)$")
_BASES = r"[ACGTUNRYSWKMBDHV]"
_CHANGE = re.compile(
    rf"^(?P<first>\d{{1,10}})(?:_(?P<last>\d{{1,10}}))?(?:"
    rf"(?P<old>{_BASES})>(?P<new>{_BASES})"
    rf"|del(?P<gone>{_BASES}*|\d+)ins(?P<instead>{_BASES}+)"
    rf"|del(?P<deleted>{_BASES}*|\d+)"
    rf"|ins(?P<inserted>{_BASES}+)"
    rf"|dup(?P<doubled>{_BASES}*|\d+)"
    rf"|inv(?P<turned>{_BASES}*|\d+)"
    r")$",
    re.IGNORECASE,
)
_COMPLEMENT = str.maketrans("ACGTRYKMBVDHSWN", "TGCAYRMKVBHDSWN")
_MOST_TURNS = 200  # bases of a sequence whose turned spellings are still listed


@dataclass(frozen=True, slots=True)
class Spelling:
    """One allele that an expression may be stored as.

    Spelled out where `kind` is None: `alt` at [start, end), `ref` where it is known. Else any symbolic
    allele of that kind with exactly this start and end.
    """

    start: int
    end: int
    ref: str | None = None
    alt: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Genomic:
    """A g. or m. expression: [start, end) of `reference`, as written, are the bases replaced, 0-based.

    `ref` are those bases where the expression gives them. `alt` is what stands there afterwards, None where
    that takes the reference to know. `kind` is what the expression says has happened: SNV, DEL, INS, DUP,
    INV or INDEL.
    """

    reference: str
    start: int
    end: int
    ref: str | None
    alt: str | None
    kind: Kind

    def spellings(self) -> list[Spelling]:
        """The stored spellings that the expression itself proves to be the allele.

        A deletion or duplication that names its bases is also found turned to the left by up to its own
        length, which its own bases prove to be the same. What no base is given for is found where it
        stands. A duplication without bases is found as a symbolic allele only.
        """
        symbolic = [Spelling(self.start, self.end, kind=self.kind)] if self.kind in _HAVE_SYMBOLS else []
        return [*self._spelled(), *symbolic]

    def anywhere(self) -> Rolled | None:
        """The insertion or deletion that this is, wherever it may be written; None for any other change.

        A replacement is one where it names the bases it replaces, and has all others in common with them. One
        whose first base stays is found as it is spelled: that base tells that it does not reach further left.
        """
        size = self.end - self.start
        if self.kind is Kind.DUP:
            return Rolled(self.start, self.end, size, inserted=True, bases=self.ref)
        if self.kind is Kind.DEL and self.ref is None:
            return Rolled(self.start, self.start, size, inserted=False)
        if self.ref is None or self.alt is None or self.kind is Kind.INV:
            return None
        start, ref, alt = trim(self.start, self.ref, self.alt)
        if start != self.start or bool(ref) == bool(alt):
            return None
        return Rolled(start, start, len(ref or alt), inserted=bool(alt), bases=ref or alt)

    def _spelled(self) -> Iterator[Spelling]:
        ref = self.ref
        if self.kind is Kind.DUP and ref is not None:
            yield from _turned(self.end, "", ref)
        elif self.kind is Kind.DEL and ref is not None:
            yield from _turned(self.start, ref, "")
        elif self.kind is Kind.INS:
            yield Spelling(self.start, self.start, "", self.alt)
        elif self.kind is Kind.INV and ref is not None:
            yield from _replaced(self.start, ref, ref.translate(_COMPLEMENT)[::-1])
        elif self.alt is not None and ref is not None:
            yield from _replaced(self.start, ref, self.alt)
        elif self.alt is not None:
            yield Spelling(self.start, self.end, None, self.alt)


_HAVE_SYMBOLS = frozenset({Kind.DEL, Kind.DUP, Kind.INV})


def _replaced(start: int, ref: str, alt: str) -> Iterator[Spelling]:
    if ref != alt:
        start, ref, alt = trim(start, ref, alt)
        yield Spelling(start, start + len(ref), ref, alt)


def _turned(start: int, ref: str, alt: str) -> Iterator[Spelling]:
    """A deletion or duplication where it stands and, as far as its own bases prove it, further left."""
    moved = ref or alt
    most = min(len(moved), start) if len(moved) <= _MOST_TURNS else 0
    for turn in range(most + 1):
        turned = moved[len(moved) - turn :] + moved[: len(moved) - turn]
        yield Spelling(start - turn, start - turn + len(ref), turned if ref else "", turned if alt else "")


@dataclass(frozen=True, slots=True)
class Annotated:
    """A c., n., r. or p. expression: in annotations it is any of `texts`, in `gene` where it names one."""

    texts: tuple[str, ...]
    gene: str | None = None


def parse(text: str) -> Genomic | Annotated:
    """What an HGVS expression says.

    Genomic expressions are read and need their sequence (m. may leave it out). Others are spelled as
    annotators do: without a gene in brackets after the transcript, proteins in three letters with and
    without brackets.

    Raises:
        BadShortForm: no HGVS expression, or one of a form that this site cannot read; says what to write.
    """
    found = _TEXT.match(text.strip())
    if not found:
        raise BadShortForm(
            f"{text[:60]!r} is no HGVS expression: {_EXAMPLE}, NM_004006.2:c.4375C>T or p.Val600Glu"
        )
    reference, kind, change = found["reference"], found["kind"], found["change"]
    if kind in "gmo":
        if reference is None and kind != "m":
            raise BadShortForm(f"{text[:60]!r} does not say on which sequence: {_EXAMPLE}")
        return _genomic(_without_gene(reference or "MT"), change, text)
    return _annotated(reference, kind, change)


def _without_gene(reference: str) -> str:
    return reference.partition("(")[0]


def _genomic(reference: str, change: str, text: str) -> Genomic:
    found = _CHANGE.match(change)
    if not found:
        raise BadShortForm(
            f"{text[:60]!r} cannot be read: known are A>T, del, ins, dup, inv and delins at plain places. "
            "For uncertain positions ask a bracket question (two start, two end)."
        )
    first, last = int(found["first"]), int(found["last"] or found["first"])
    if first < 1 or last < first:
        raise BadShortForm(f"{text[:60]!r} has positions that are reversed or below 1")
    given = {name: _dna(value) for name, value in found.groupdict().items() if value is not None}
    kind, ref, alt = _what(given, text)
    if kind is Kind.INS:
        if last != first + 1:
            raise BadShortForm(
                f"{text[:60]!r} must insert between two bases that lie side by side, as in 12_13insA"
            )
        return Genomic(reference, first, first, "", alt, kind)
    bases = len(ref) if ref is not None else _counted(given, last - first + 1)
    if bases != last - first + 1:
        raise BadShortForm(f"{text[:60]!r} gives {bases} bases for {last - first + 1} positions")
    return Genomic(reference, first - 1, last, ref, alt, kind)


def _counted(given: Mapping[str, str], otherwise: int) -> int:
    """How many bases the expression says it is about (`del3`)."""
    counts = (given.get(name, "") for name in ("gone", "deleted", "doubled", "turned"))
    return next((int(count[:10]) for count in counts if count.isdecimal()), otherwise)


def _dna(bases: str) -> str:
    return bases.upper().replace("U", "T")


def _what(given: dict[str, str], text: str) -> tuple[Kind, str | None, str | None]:
    """What happens, the bases it happens to (None: not given, or counted), and what stands there after."""
    if "new" in given:
        if given["old"] == given["new"]:
            raise BadShortForm(f"{text[:60]!r} changes nothing")
        return Kind.SNV, given["old"], given["new"]
    if "instead" in given:
        return Kind.INDEL, _bases(given["gone"]), given["instead"]
    if "inserted" in given:
        return Kind.INS, "", given["inserted"]
    for name, kind, alt in (
        ("deleted", Kind.DEL, ""),
        ("doubled", Kind.DUP, None),
        ("turned", Kind.INV, None),
    ):
        if name in given:
            return kind, _bases(given[name]), alt
    raise BadShortForm(f"{text[:60]!r} cannot be read")


def _bases(given: str) -> str | None:
    return given if given and not given.isdecimal() else None


_ACCESSION = re.compile(r"^(?:[NX][MRPC]_|ENS[A-Z]*[TPG]?\d|LRG_|NG_|[A-Z]{2}_)", re.IGNORECASE)


def _annotated(reference: str | None, kind: str, change: str) -> Annotated:
    changes = _protein(change) if kind == "p" else (f"{kind}.{change}",)
    if reference is None:
        return Annotated(changes)
    if not _ACCESSION.match(reference):
        return Annotated(changes, gene=reference)
    transcript = _without_gene(reference)
    return Annotated(tuple(f"{transcript}:{each}" for each in changes))


def _protein(change: str) -> tuple[str, ...]:
    """A protein change in the spellings of annotators, brackets left out and put in."""
    plain = three_letter(change.strip("()").replace("%3D", "="))
    spellings = [plain]
    if "Ter" in plain:
        spellings.append(plain.replace("Ter", "*"))
    return tuple(text for each in spellings for text in (f"p.{each}", f"p.({each})"))
