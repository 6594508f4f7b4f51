"""A target as SQL over one generation's alleles: disjoint fragments, each of which one index answers."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from variants.domain import kinds, witnesses
from variants.domain.cases import Zygosity
from variants.domain.dataset import Release
from variants.domain.hgvs import Spelling
from variants.domain.identifier import DIGEST_SQL, Identified
from variants.domain.rolling import Rolled
from variants.domain.spelling import Spot, matcher
from variants.domain.target import Interval, Target
from variants.store.generations import LONG

_FEW = 16  # samples that are looked for by the database


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of a WHERE clause and its values, in order."""

    sql: str
    values: tuple[Any, ...] = ()

    def and_(self, other: "Condition") -> "Condition":
        """Both."""
        return Condition(f"{self.sql} AND {other.sql}", self.values + other.values)


def fragments(target: Target, release: Release) -> list[Condition]:
    """WHERE clauses that select each matching row of the release once; none where nothing can match."""
    narrowing = _all_of((*_narrowing(target), _visible(release)))
    return [place.and_(narrowing) for place in _places(target, release)]


def _visible(release: Release) -> Condition:
    return Condition("since <= %s AND until > %s", (release.sequence, release.sequence))


def _all_of(conditions: Iterable[Condition]) -> Condition:
    parts = list(conditions)
    return Condition(
        " AND ".join(part.sql for part in parts), tuple(v for part in parts for v in part.values)
    )


def _any_of(conditions: Iterable[Condition]) -> Condition:
    parts = list(conditions)
    return Condition(
        f"({' OR '.join(part.sql for part in parts)})", tuple(v for part in parts for v in part.values)
    )


def perhaps_carried_by(ordinals: frozenset[int]) -> Condition:
    """Holds for every row that one of the samples carries, and for few others.

    Knows the forms of `carriers.encode`: in packed bits it looks at the sample's bit, among listed ordinals
    for its two bytes, whose neighbours may look like them. Many samples are not looked for one by one.
    """
    if len(ordinals) > _FEW:
        return Condition("TRUE")
    return _any_of(_perhaps_carried(ordinal) for ordinal in sorted(ordinals))


def _perhaps_carried(ordinal: int) -> Condition:
    return Condition(
        "CASE get_byte(carriers, 0) WHEN 1 THEN "
        "CASE WHEN octet_length(carriers) > %s THEN get_bit(carriers, %s) = 1 ELSE FALSE END "
        "WHEN 2 THEN position(%s::bytea IN carriers) > 0 ELSE TRUE END",
        ((ordinal >> 3) + 1, ordinal + 8, (ordinal & 0xFFFF).to_bytes(2, "little")),
    )


def perhaps_carried_as(zygosities: Collection[Zygosity]) -> Condition:
    """Holds for every row that somebody carries in one of these ways.

    For no other row, where all its sets are in a form that can be counted here; see `carriers.countable`.
    """
    names = witnesses.parts(zygosities)
    if not witnesses.is_rest(zygosities):
        return Condition(f"({' OR '.join(f'{name} IS NOT NULL' for name in names)})")
    if len(names) == 1:
        return Condition("carriers IS NOT NULL")
    return Condition(f"carriers IS NOT NULL AND carried > {' + '.join(map(_size, names[1:]))}")


def _size(column: str) -> str:
    """How many samples are in a set, 0 where that cannot be told; knows the forms of `carriers.encode`."""
    return (
        f"CASE WHEN {column} IS NULL THEN 0 ELSE CASE get_byte({column}, 0) "
        f"WHEN 1 THEN bit_count(substring({column} FROM 2)) "
        f"WHEN 2 THEN octet_length({column}) / 2 ELSE 0 END END"
    )


# --- where an allele lies


def _places(target: Target, release: Release) -> list[Condition]:
    if target.identified is not None:
        return _identified(target.identified)
    if target.spots is not None:
        return [*_rolled(target.rolled, beside=_at_spots(target.spots))]
    if target.spellings is not None:
        return [*_rolled(target.rolled, beside=_spelled(target.spellings))] if target.spellings else []
    if target.intervals is not None or target.genes:
        return _overlapping_or_annotated(target, release)
    if target.ending is not None:
        return [_bracket(target)]
    if target.within is not None:
        return [_starting(target.within)]
    return [Condition("TRUE")]


def _identified(wanted: Identified) -> list[Condition]:
    if not wanted.starts:
        return []
    at = Condition("start = ANY(%s)", (list(wanted.starts),))
    if wanted.digest is not None:
        return [at.and_(Condition(f"{DIGEST_SQL} = %s", (wanted.digest,)))]
    return [at.and_(Condition("ref = %s AND alt = %s", wanted.bases))] if wanted.bases else []


def _at_spots(spots: tuple[Spot, ...]) -> Condition:
    if len(spots) == 1:
        return _spot(spots[0])
    starts = sorted({spot.start for spot in spots})
    return Condition("start = ANY(%s)", (starts,)).and_(_any_of(_spot(spot) for spot in spots))


def _spot(spot: Spot) -> Condition:
    parts = [Condition("start = %s", (spot.start,))]
    if spot.reference is not None:
        parts.append(Condition("stop = %s", (spot.start + len(spot.reference),)))
        parts.append(_reads("ref", spot.reference))
    parts.append(_reads("alt", spot.alternate))
    if spot.before is not None:
        known = _reads("anchor", spot.before)
        parts.append(known if spot.certain else _any_of((Condition("anchor IS NULL"), known)))
    if spot.unlike is not None:
        parts.append(Condition("right(ref || alt, 1) <> %s", (spot.unlike,)))
    return Condition(f"({_all_of(parts).sql})", _all_of(parts).values)


def _rolled(wanted: Rolled | None, *, beside: Condition) -> Iterable[Condition]:
    """The alleles as they are spelled, and beside them the same change at its other places."""
    yield beside
    if wanted is not None:
        yield _all_of((*_roll(wanted), Condition(f"({beside.sql}) IS NOT TRUE", beside.values)))


def _roll(wanted: Rolled) -> Iterable[Condition]:
    """Those that start near enough to roll to the place, do roll so far, and read there as was asked."""
    yield Condition("start >= %s AND start <= %s", (wanted.last - wanted.most, wanted.first))
    yield Condition("roll >= %s - start", (wanted.last,))
    moved, still = ("alt", "ref") if wanted.inserted else ("ref", "alt")
    yield Condition(f"{still} = '' AND length({moved}) = %s", (wanted.size,))
    if wanted.bases is not None:
        turned = f"substr({moved} || {moved}, 1 + mod(%s - start, %s)::integer, %s)"
        reads = _reads(turned, wanted.bases)
        yield Condition(reads.sql, (wanted.last, wanted.size, wanted.size, *reads.values))


def _spelled(spellings: tuple[Spelling, ...]) -> Condition:
    starts = sorted({each.start for each in spellings})
    return Condition("start = ANY(%s)", (starts,)).and_(_any_of(_spelling(each) for each in spellings))


def _spelling(each: Spelling) -> Condition:
    parts = [Condition("start = %s AND stop = %s", (each.start, each.end))]
    if each.ref is not None:
        parts.append(_reads("ref", each.ref))
    if each.alt is not None:
        parts.append(_reads("alt", each.alt))
    if each.kind is not None:
        parts.append(Condition("kind = %s AND starts_with(alt, '<')", (int(each.kind),)))
    whole = _all_of(parts)
    return Condition(f"({whole.sql})", whole.values)


def _reads(column: str, pattern: str) -> Condition:
    wild = matcher(pattern)
    return (
        Condition(f"{column} = %s", (pattern,))
        if wild is None
        else Condition(f"{column} ~ %s", (wild.pattern,))
    )


def _overlapping_or_annotated(target: Target, release: Release) -> list[Condition]:
    found: list[Condition] = []
    before: list[Condition] = []
    for interval in target.intervals or ():
        found += [_all_of((piece, *before)) for piece in overlapping(interval, release)]
        before.append(_not(_overlap(interval)))
    if target.genes and release.annotated:
        found.append(_all_of((Condition("genes && %s::text[]", (list(target.genes),)), *before)))
    return found


def _not(condition: Condition) -> Condition:
    return Condition(f"NOT ({condition.sql})", condition.values)


def _overlap(interval: Interval) -> Condition:
    """Any base in common; an insertion touches the bases on both of its sides."""
    return Condition(
        "(start < %s AND stop > %s OR start = stop AND start >= %s AND start <= %s)",
        (interval.stop, interval.start, interval.start, interval.stop),
    )


def overlapping(interval: Interval, release: Release) -> list[Condition]:
    """The alleles that overlap: short ones by where they start, long ones by the index of intervals."""
    low, high = interval.start - release.reach, interval.stop
    near = Condition("start >= %s AND start <= %s", (low, high)).and_(_overlap(interval))
    if release.long_alleles == 0:
        return [near]
    return [near.and_(Condition(f"stop - start <= {LONG}")), overlapping_long(interval)]


def overlapping_long(interval: Interval) -> Condition:
    """The long alleles that overlap."""
    return Condition(
        f"stop - start > {LONG} AND int8range(start, stop) && int8range(%s, %s)",
        (interval.start, interval.stop),
    )


def _bracket(target: Target) -> Condition:
    within, ending = target.within, target.ending
    if within is None or ending is None:
        raise ValueError("a bracket has two intervals")
    condition = _starting(within).and_(Condition("stop >= %s AND stop < %s", (ending.start, ending.stop)))
    if ending.start - within.stop < LONG:
        return condition
    # Whatever matches is long and covers all between the brackets: the index of intervals finds it.
    covers = Condition(
        f"stop - start > {LONG} AND int8range(start, stop) @> int8range(%s, %s)",
        (within.stop - 1, ending.start),
    )
    return covers.and_(condition)


def _starting(within: Interval) -> Condition:
    return Condition("start >= %s AND start < %s", (within.start, within.stop))


# --- what narrows


def _narrowing(target: Target) -> Iterable[Condition]:
    if target.within is not None and (target.intervals is not None or target.genes):
        yield _starting(target.within)
    for group in target.types:
        yield _any_of(_kind(selection) for selection in group)
    yield from _bases(*target.bases)
    if target.change is not None:
        yield Condition("changes @> ARRAY[%s]", (target.change,))
    if target.expressions:
        yield Condition("hgvs && %s::text[]", (list(target.expressions),))
    for names in target.consequences:
        yield Condition("consequences && %s::text[]", (list(names),))
    yield from _lengths(*target.lengths)
    if target.mate is not None:
        yield Condition("mate >= %s AND mate < %s", (target.mate.start, target.mate.stop))
    if target.zygosities:
        yield perhaps_carried_as(target.zygosities)
    if target.least_carriers is not None:
        yield Condition("carried >= %s", (target.least_carriers,))


def _kind(selection: kinds.Selection) -> Condition:
    if selection.everything:
        return Condition("TRUE")
    either = []
    if selection.kinds:
        either.append(Condition("kind = ANY(%s)", (sorted(int(kind) for kind in selection.kinds),)))
    if selection.copy_changes:
        either.append(Condition("copy_change = ANY(%s)", (sorted(selection.copy_changes),)))
    parts = [_any_of(either)]
    if selection.symbol is not None:
        word = selection.symbol
        parts.append(
            Condition("(upper(alt) = %s OR starts_with(upper(alt), %s))", (f"<{word}>", f"<{word}:"))
        )
    if selection.spelled:
        parts.append(Condition("NOT starts_with(alt, '<')"))
    whole = _all_of(parts)
    return Condition(f"({whole.sql})", whole.values)


def _bases(reference: str | None, alternate: str | None) -> Iterable[Condition]:
    wanted = [
        (column, bases) for column, bases in (("ref", reference), ("alt", alternate)) if bases is not None
    ]
    if not wanted:
        return
    trimmed = _all_of(_reads(column, bases) for column, bases in wanted)
    anchored = _all_of(_reads(f"(anchor || {column})", bases) for column, bases in wanted)
    yield _any_of(
        (Condition(f"({trimmed.sql})", trimmed.values), Condition(f"({anchored.sql})", anchored.values))
    )


def _lengths(shortest: int | None, longest: int | None) -> Iterable[Condition]:
    if shortest is not None:
        yield Condition("length >= %s", (shortest,))
    if longest is not None:
        yield Condition("length <= %s", (longest,))
