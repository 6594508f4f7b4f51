"""What somebody says of an object that is to be registered, looked at before it is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from drs.domain import checksums as sums
from drs.domain.identifiers import (
    LONGEST,
    id_of_bundle,
    id_of_content,
    id_of_place,
    is_id,
    portable,
)
from drs.domain.objects import Place
from drs.errors import EntryInvalid

TEXT_LONGEST = 10_000
ALIASES_MOST = 100
SIZE_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One object to be registered: what is known of its content, and where it lies.

    `given` says that its id is somebody's choice. `created` and `updated` are those of the content.
    `members` are those of a bundle, each a name and an id; None for a file.
    """

    id: str
    given: bool
    dataset: str
    name: str | None
    size: int
    checksums: Mapping[str, str]
    created: datetime
    updated: datetime | None = None
    mime_type: str | None = None
    description: str | None = None
    version: str | None = None
    aliases: tuple[str, ...] = ()
    place: Place | None = None
    members: tuple[tuple[str, str], ...] | None = None

    @property
    def prepared(self) -> bool:
        """False where a worker has to read the file first."""
        return bool(self.checksums)

    @classmethod
    def of_file(
        cls,
        dataset: str,
        place: Place,
        size: int,
        checksums: Mapping[str, str],
        created: datetime,
        *,
        id: str | None = None,  # noqa: A002 - as the standard calls it
        name: str | None = None,
        updated: datetime | None = None,
        mime_type: str | None = None,
        description: str | None = None,
        version: str | None = None,
        aliases: Iterable[str] = (),
    ) -> Self:
        """A file; without an id it gets that of its content, and without a name that of its place.

        Raises:
            EntryInvalid: says what to change.
        """
        if not 0 <= size <= SIZE_LARGEST:
            raise EntryInvalid("A size is a number of bytes, 0 or more.")
        known = sums.read(checksums)
        if id is None and known:
            made = id_of_content(dataset, size, known)
        else:
            made = id or id_of_place(dataset, place.store, place.key, size, place.mark or "")
        return cls(
            id=_id(made),
            given=id is not None,
            dataset=dataset,
            name=portable(name or place.key.rsplit("/", 1)[-1]),
            size=size,
            checksums=known,
            created=created,
            updated=updated,
            mime_type=_text("mime_type", mime_type, 200) or mime_type_of(place.key),
            description=_text("description", description, TEXT_LONGEST),
            version=_text("version", version, LONGEST),
            aliases=_aliases(aliases),
            place=place,
        )

    @classmethod
    def of_bundle(
        cls,
        dataset: str,
        name: str | None,
        members: Mapping[str, tuple[str, int, Mapping[str, str]]],
        created: datetime,
        *,
        id: str | None = None,  # noqa: A002
        description: str | None = None,
        aliases: Iterable[str] = (),
    ) -> Self:
        """A bundle of members that are registered: by name, each with its id, size and checksums.

        Raises:
            EntryInvalid: says what to change.
        """
        if not members:
            raise EntryInvalid("A bundle holds one object at least.")
        listed = tuple((portable(each), known[0]) for each, known in sorted(members.items()))
        if len({each for each, _ in listed}) < len(listed):
            raise EntryInvalid(
                "The names in a bundle differ from each other, also in the letters DRS allows."
            )
        return cls(
            id=_id(id or id_of_bundle(dataset, listed)),
            given=id is not None,
            dataset=dataset,
            name=portable(name) if name else None,
            size=sum(size for _, size, _ in members.values()),
            checksums=sums.of_bundle([known for _, _, known in members.values()]),
            created=created,
            description=_text("description", description, TEXT_LONGEST),
            aliases=_aliases(aliases),
            members=listed,
        )


_TYPES = {
    ".bam": "application/vnd.ga4gh.bam", ".cram": "application/vnd.ga4gh.cram",
    ".vcf": "text/vnd.ga4gh.vcf", ".vcf.gz": "application/vnd.ga4gh.vcf+gzip",
    ".bcf": "application/vnd.ga4gh.bcf",
    ".c4gh": "application/crypt4gh", ".json": "application/json", ".csv": "text/csv", ".txt": "text/plain",
    ".tsv": "text/tab-separated-values", ".pdf": "application/pdf", ".gz": "application/gzip",
}  # fmt: skip


def mime_type_of(key: str) -> str:
    """What a file is by its name; plain bytes where the name does not tell."""
    lower = key.lower()
    fitting = [each for each in _TYPES if lower.endswith(each)]
    return _TYPES[max(fitting, key=len)] if fitting else "application/octet-stream"


def _id(text: str) -> str:
    if not is_id(text):
        raise EntryInvalid(
            "An id is 1 to 255 letters, digits and -._~/:@!$&'()*+,;= and neither `access`, `.` nor `..`, "
            "nor ends with a slash."
        )
    return text


def _aliases(given: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(given))
    if len(found) > ALIASES_MOST:
        raise EntryInvalid(f"An object has at most {ALIASES_MOST} aliases.")
    for each in found:
        if not 1 <= len(each) <= LONGEST or not each.isprintable() or each in ("access", ".", ".."):
            raise EntryInvalid(
                "An alias is 1 to 255 printable characters, and neither `access`, `.` nor `..`."
            )
    return found


def _text(what: str, value: str | None, most: int) -> str | None:
    if value is None:
        return None
    if len(value) > most or not all(each.isprintable() or each in "\n\t" for each in value):
        raise EntryInvalid(f"The {what} has at most {most} characters, all printable.")
    return value
