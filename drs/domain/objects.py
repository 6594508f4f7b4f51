"""Objects of DRS: files and bundles of them, each of one dataset, and each of one content for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Whether an object's bytes can be had."""

    READY = "ready"
    PREPARING = "preparing"
    """Registered without a checksum, which a worker is making."""
    BROKEN = "broken"
    """Its bytes were found to be gone or changed; only they make it well again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object's bytes lie, and the mark that the store gave them when they were registered.

    None where nobody has looked since: it was registered by reference.
    """

    store: str
    key: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A member of a bundle: its name there, its id, and its own members where those were asked."""

    name: str
    id: str
    contents: tuple["Content", ...] | None = None


@dataclass(frozen=True, slots=True)
class DrsObject:
    """A file or a bundle (GA4GH DRS 1.5, DrsObject).

    `size` in bytes, of a bundle that of its direct members together. `checksums` in hexadecimal by their
    names in the IANA registry (`sha-256`) or DRS (`md5`, `crc32c`). A file whose bytes were replaced has no
    places any more. `contents` is None for files, and of bundles where nobody asked for it.
    """

    id: str
    dataset: str
    bundle: bool
    name: str | None
    size: int
    checksums: Mapping[str, str]
    created: datetime
    updated: datetime | None = None
    mime_type: str | None = None
    description: str | None = None
    version: str | None = None
    state: State = State.READY
    aliases: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    contents: tuple[Content, ...] | None = None

    @property
    def available(self) -> bool:
        """True where its bytes may be had, as far as is known without looking."""
        return self.state is State.READY and bool(self.places)
