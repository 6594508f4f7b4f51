"""What a request asks for, checked against the standard before anything is looked up (htsget 1.3)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drs.htsget.errors import InvalidInput, InvalidRange, UnsupportedFormat
from drs.htsget.files import Kind

FORMATS: Mapping[Kind, tuple[str, ...]] = {"reads": ("BAM", "CRAM"), "variants": ("VCF", "BCF")}
"""The formats of each kind of records, the one first that is meant where none is named."""

UNPLACED = "*"
"""The reference name of reads that lie nowhere."""

FIELDS = frozenset(
    ("QNAME", "FLAG", "RNAME", "POS", "MAPQ", "CIGAR", "RNEXT", "PNEXT", "TLEN", "SEQ", "QUAL")
)
_TAG: Mapping[Kind, re.Pattern[str]] = {
    "reads": re.compile(r"[A-Za-z][A-Za-z0-9]"),
    "variants": re.compile(r"[A-Za-z_][0-9A-Za-z_.]{0,254}"),
}
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Region:
    """A region of a reference, 0-based and half-open; from its beginning and to its end where None."""

    reference: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for records. `regions` is None where all are asked for."""

    kind: Kind
    format: str
    header_only: bool
    regions: tuple[Region, ...] | None

    @property
    def recorded(self) -> dict[str, Any]:
        """What the audit trail keeps of it; of many regions the first hundred, and how many there are."""
        said: dict[str, Any] = {"kind": self.kind, "format": self.format}
        if self.header_only:
            said["class"] = "header"
        if self.regions is not None:
            said["regions"] = [[each.reference[:255], each.start, each.end] for each in self.regions[:100]]
            said["count"] = len(self.regions)
        return said


def from_query(kind: Kind, given: Mapping[str, Any]) -> Asked:
    """What a GET asks for: `given` are the parameters by the standard's names, absent ones left out.

    Raises:
        InvalidInput, InvalidRange, UnsupportedFormat: it is not as the standard has it.
    """
    reference, start, end = given.get("referenceName"), given.get("start"), given.get("end")
    lists = {name: given[name] for name in ("fields", "tags", "notags") if name in given}
    regions = None
    if reference is not None:
        regions = (Region(reference, start, end),)
    elif start is not None or end is not None:
        raise InvalidInput("start and end need the referenceName of the sequence that they are on.")
    asked = _asked(kind, given, lists, regions)
    if start is not None and end is not None and start > end:
        raise InvalidRange("start is greater than end: a range goes from start up to end, without it.")
    return asked


def from_body(kind: Kind, body: Mapping[str, Any]) -> Asked:
    """What a POST asks for, its body being valid against its schema.

    Raises:
        InvalidInput, InvalidRange, UnsupportedFormat: it is not as the standard has it.
    """
    lists = {name: body[name] for name in ("fields", "tags", "notags") if name in body}
    regions = None
    if "regions" in body:
        regions = tuple(
            Region(each["referenceName"], each.get("start"), each.get("end")) for each in body["regions"]
        )
    asked = _asked(kind, body, lists, regions)
    for each in regions or ():
        if each.start is not None and each.end is not None and each.start >= each.end:
            raise InvalidRange("The start of a region must be less than its end, which is not in it.")
    return asked


def _asked(
    kind: Kind,
    given: Mapping[str, Any],
    lists: Mapping[str, Sequence[str]],
    regions: tuple[Region, ...] | None,
) -> Asked:
    wanted = str(given.get("format", FORMATS[kind][0])).upper()
    if wanted not in FORMATS[kind]:
        raise UnsupportedFormat(f"format is {' or '.join(FORMATS[kind])} here.")
    header_only = "class" in given
    if header_only and (regions is not None or lists):
        raise InvalidInput("class=header goes with format only: leave the other parameters out.")
    _check_lists(kind, lists)
    for each in regions or ():
        if each.reference == UNPLACED and (each.start is not None or each.end is not None):
            raise InvalidInput("start and end do not go with referenceName *, which lies nowhere.")
    return Asked(kind, wanted, header_only, regions)


def _check_lists(kind: Kind, lists: Mapping[str, Sequence[str]]) -> None:
    """Returns where fields and tags are ones. They are not applied: more may be given than was asked for."""
    unknown = [each for each in lists.get("fields", ()) if each not in FIELDS]
    if unknown:
        raise InvalidInput(f"There is no field {_shown(unknown[0])}: fields are {', '.join(sorted(FIELDS))}.")
    tags, without = lists.get("tags", ()), lists.get("notags", ())
    strange = [each for each in (*tags, *without) if not _TAG[kind].fullmatch(each)]
    if strange:
        raise InvalidInput(f"{_shown(strange[0])} cannot be the name of a tag.")
    both = set(tags) & set(without)
    if both:
        raise InvalidInput(f"{_shown(min(both))} is both in tags and in notags.")


def _shown(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text[:_SHOWN]) or "an empty name"
