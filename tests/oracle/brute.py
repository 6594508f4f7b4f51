"""Every allele of a file, read record by record through pysam, and any question answered by looking at each.

Nothing here is shared with the readers, the store or the service: only the words of `variants.domain`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from sys import intern

import pysam

from variants.domain.allele import Kind
from variants.domain.question import Question

from .annotations import annotations
from .matching import tests
from .seen import Gene, Key, Seen, canonical, trimmed

NOT_ALLELES = frozenset({".", "*", "<*>", "<NON_REF>"})
SETS = ("het", "hom", "hemi", "half", "missing")
ZYGOSITIES = {"het": "heterozygous", "hom": "homozygous", "hemi": "hemizygous", "half": "indeterminate"}
_BREAKEND = re.compile(r"([\[\]])(.+):(\d+)\1")
_SYMBOLIC = {kind.name: kind for kind in (Kind.DEL, Kind.DUP, Kind.INS, Kind.INV, Kind.CNV, Kind.BND)}


@dataclass(slots=True)
class Oracle:
    """All that exists in a file, and the genes somebody loaded beside it."""

    alleles: list[Seen]
    samples: list[str]
    records: int
    genes: tuple[Gene, ...] = ()
    sexes: tuple[str, ...] = ()

    def answer(self, question: Question) -> list[Seen]:
        """Every allele the question means, ordered by place, then bases."""
        found = self.alleles
        for test in tests(question, self.genes):
            found = [allele for allele in found if test(allele)]
        if question.carried_by is not None or question.zygosities or question.sexes:
            among = self.among(question)
            found = [allele for allele in found if witnesses(question, allele) & among]
        return sorted(found, key=lambda allele: allele.place)

    def among(self, question: Question) -> int:
        """Those of whom the question is asked, whatever they carry."""
        sexes = self.sexes or ("unknown",) * len(self.samples)
        return sum(
            1 << ordinal
            for ordinal in range(len(self.samples))
            if (not question.sexes or sexes[ordinal] in question.sexes)
            and (question.carried_by is None or ordinal in question.carried_by)
        )

    def people(self, bits: int) -> set[str]:
        """The names behind a set."""
        return {name for ordinal, name in enumerate(self.samples) if bits >> ordinal & 1}


def witnesses(question: Question, allele: Seen) -> int:
    """Who carries the allele in the way that the question wants."""
    found = 0
    for name, how in ZYGOSITIES.items():
        if not question.zygosities or how in question.zygosities:
            found |= getattr(allele, name)
    return found


def read(path: Path) -> Oracle:
    """The file as it stands: split, trimmed, merged; where there are samples, only what somebody carries."""
    return _carried(_whole(path))


def together(*paths: Path) -> Oracle:
    """Several files of one dataset, their samples one after the other; no sample is in two of them.

    A file that lists an allele has looked at it in all its samples, also where none of them carries it.
    """
    found: dict[Key, Seen] = {}
    oracles = [_whole(path) for path in paths]
    shift = 0
    for oracle in oracles:
        for allele in oracle.alleles:
            moved = replace(allele, **{name: getattr(allele, name) << shift for name in SETS})
            found[moved.key] = _joined(found[moved.key], moved) if moved.key in found else moved
        shift += len(oracle.samples)
    names = [name for oracle in oracles for name in oracle.samples]
    return _carried(Oracle(list(found.values()), names, sum(oracle.records for oracle in oracles)))


def _carried(oracle: Oracle) -> Oracle:
    carried = [allele for allele in oracle.alleles if allele.carriers or not oracle.samples]
    return replace(oracle, alleles=carried)


@cache
def _whole(path: Path) -> Oracle:
    found: dict[Key, Seen] = {}
    records = 0
    with pysam.VariantFile(str(path)) as file:
        samples = list(file.header.samples)
        described = {name: meta.description for name, meta in file.header.info.items()}
        formats = {name: _fields(described[name]) for name in ("CSQ", "ANN") if name in described}
        for record in file:
            records += 1
            for allele in _split(str(record).rstrip("\n").split("\t"), bool(samples), formats):
                merged = _merged(found[allele.key], allele) if allele.key in found else allele
                found[allele.key] = merged
    return Oracle(list(found.values()), samples, records)


def _joined(one: Seen, other: Seen) -> Seen:
    return replace(
        one,
        ids=tuple(sorted({*one.ids, *other.ids})),
        ac=(one.ac or 0) + (other.ac or 0),
        an=(one.an or 0) + (other.an or 0),
        **{name: getattr(one, name) | getattr(other, name) for name in SETS},
    )


def _fields(description: str) -> list[str]:
    _, _, names = description.partition("Format:")
    return [name.strip(" '\"") for name in names.split("|")]


def _split(columns: list[str], sampled: bool, formats: dict[str, list[str]]) -> Iterator[Seen]:
    info = dict(item.partition("=")[::2] for item in columns[7].split(";"))
    alts = columns[4].split(",")
    genotypes = _genotypes(columns) if sampled else []
    for number, alt in enumerate(alts, start=1):
        if alt in NOT_ALLELES:
            continue
        seen = _place(columns, alt, number, info)
        if (seen.ref, seen.alt) == ("", ""):
            continue
        seen.ids = tuple(sorted(set(columns[2].split(";")) - {"."}))
        seen.annotated = annotations(info, formats, columns[3], alts, alt)
        if sampled:
            seen.calls = ((genotypes, number),)
            _count(seen)
        else:
            seen.ac, seen.an = _number(info.get("AC"), number), _number(info.get("AN"), 1)
        yield seen


def _place(columns: list[str], alt: str, number: int, info: dict[str, str]) -> Seen:
    contig, pos, ref = canonical(columns[0]), int(columns[1]), columns[3].upper()
    mate = _BREAKEND.search(alt)
    if mate or alt.startswith(".") or alt.endswith("."):
        other = canonical(mate[2].strip("<>")) if mate else None
        return Seen(contig, pos - 1, pos, "", alt, Kind.BND, None, mate=other)
    if alt.startswith("<"):
        return _symbolic(contig, pos, alt, number, info)
    start, short, new = trimmed(pos - 1, ref, alt.upper())
    kind = _classified(short, new)
    seen = Seen(contig, start, start + len(short), short, new, kind, max(len(short), len(new)))
    if start > pos - 1 and not (short and new):
        seen.anchor = ref[start - pos]
    return seen


def _symbolic(contig: str, pos: int, alt: str, number: int, info: dict[str, str]) -> Seen:
    word = alt[1:-1].split(":", maxsplit=1)[0]
    kind = Kind.CNV if re.fullmatch(r"CN\d+", word) else _SYMBOLIC.get(word, Kind.OTHER)
    length = _number(info.get("SVLEN"), number)
    end = _number(info.get("END"), 1)
    if length is None and end is not None and kind is not Kind.INS:
        length = end - pos
    if end is None:
        end = pos if kind is Kind.INS or length is None else pos + abs(length)
    return Seen(contig, pos, end, "", alt, kind, None if length is None else abs(length))


def _classified(ref: str, alt: str) -> Kind:
    if not ref:
        return Kind.INS
    if not alt:
        return Kind.DEL
    if len(ref) != len(alt):
        return Kind.INDEL
    return Kind.SNV if len(ref) == 1 else Kind.MNV


def _number(value: str | None, number: int) -> int | None:
    if value is None:
        return None
    values = value.split(",")
    text = values[min(number, len(values)) - 1]
    return int(text) if text.lstrip("-").isdigit() else None


def _genotypes(columns: list[str]) -> list[str]:
    """Each sample's genotype as written; equal ones are one object, for a file has millions."""
    names = columns[8].split(":")
    if "GT" not in names:
        return ["."] * (len(columns) - 9)
    if len(names) == 1:
        return list(map(intern, columns[9:]))
    place = names.index("GT")
    return [intern((column.split(":") + ["."] * place)[place]) for column in columns[9:]]


@lru_cache(maxsize=100_000)
def _call(genotype: str, number: int) -> tuple[int, int, int]:
    """Copies of the allele, alleles called, ploidy."""
    copies = genotype.lstrip("/|").replace("|", "/").split("/")
    return copies.count(str(number)), len(copies) - copies.count("."), len(copies)


def _count(seen: Seen) -> None:
    """Counts a record's genotypes; where two records spell one allele, each sample's fuller call is taken."""
    numbers = [number for _, number in seen.calls]
    people = list(zip(*(genotypes for genotypes, _ in seen.calls), strict=True))
    times = Counter(people)
    calls = {texts: max(map(_call, texts, numbers)) for texts in times}
    seen.ac = sum(calls[texts][0] * number for texts, number in times.items())
    seen.an = sum(calls[texts][1] * number for texts, number in times.items())
    told = {texts: zygosity for texts, call in calls.items() if (zygosity := _zygosity(*call))}
    sets = dict.fromkeys(SETS, 0)
    for ordinal in [ordinal for ordinal, texts in enumerate(people) if texts in told]:
        sets[told[people[ordinal]]] |= 1 << ordinal
    for name in SETS:
        setattr(seen, name, sets[name])


def _zygosity(copies: int, called: int, ploidy: int) -> str | None:
    if not copies:
        return None if called else "missing"
    if ploidy == 1:
        return "hemi"
    if called < ploidy:
        return "half"
    return "hom" if copies == ploidy else "het"


def _merged(one: Seen, other: Seen) -> Seen:
    both = replace(
        one,
        ids=tuple(sorted({*one.ids, *other.ids})),
        annotated=one.annotated.joined(other.annotated),
        anchor=one.anchor or other.anchor,
        **dict.fromkeys(SETS, 0),
    )
    both.calls = one.calls + other.calls
    if both.calls:
        _count(both)
    return both
