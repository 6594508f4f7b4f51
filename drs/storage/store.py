"""What every store does, whatever it is: the site's code knows files by name of store and key only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from drs.storage.errors import Missing, Outside
from drs.storage.location import Location, Stat


@dataclass(slots=True)
class Skipped:
    """How many things a walk left out, and why; see docs/storage.md."""

    links: int = 0
    special: int = 0
    hidden: int = 0
    temporary: int = 0
    unnamable: int = 0
    unreadable: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All of them."""
        return (
            self.links + self.special + self.hidden + self.temporary + self.unnamable + len(self.unreadable)
        )


class Source(AbstractContextManager["Source"], Protocol):
    """An open file of one state: what is read is of the file that `stat` tells, or Changed is raised.

    Safe between threads. A context manager that closes it.
    """

    stat: Stat

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to `stop` (0-based), all of them; for headers and indexes.

        Raises:
            Changed, Unreachable: they cannot be had, or not of this state.
        """

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The same in pieces of bounded size, for bytes of any number.

        Raises:
            Changed, Unreachable: at any piece; what came before is then to be thrown away.
        """

    def close(self) -> None:
        """Lets go of the file; idempotent."""


class Store(Protocol):
    """One place with files: a folder, or a bucket and a prefix in it. Safe between threads.

    `scheme` is `file`, `s3`, `gs` or `az`.
    """

    name: str
    scheme: str

    def stat(self, key: str) -> Stat:
        """What is at the key.

        Raises:
            Missing: nothing is, or no plain file.
            Unreachable: the store does not answer.
        """

    def walk(
        self, prefix: str = "", after: str = "", skipped: Skipped | None = None
    ) -> Iterator[tuple[str, Stat]]:
        """The file `prefix` and those in the folder `prefix`, in order of their keys' UTF-8 bytes.

        No link is followed. `after` leaves out keys up to and with it, so that a walk can be taken up again.
        What is left out for another reason is counted in `skipped`.

        Raises:
            Missing: there is neither such a file nor such a folder.
            Unreachable: the store does not answer.
        """

    def open(self, key: str, expected: Stat | None = None) -> Source:
        """The file at the key, open for reading.

        Raises:
            Changed: size or mark are not those expected.
            Missing, Unreachable: as `stat`.
        """

    def presigned(self, key: str, seconds: int) -> str | None:
        """A URL of the store's own under which anybody may GET the file for so long, or None.

        Raises:
            Unreachable: the store should have one and does not make it.
        """

    def key_of(self, where: str) -> str | None:
        """The key of a path or URL, empty for the whole store; None where it is not of this store."""

    def check(self) -> str:
        """Looks whether the store can be used, and says what it is in a few words.

        Raises:
            Missing, Unreachable: it cannot; `detail` says why.
        """


class Stores:
    """The stores of a site, by name. Safe between threads, and between processes when forked unused."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores: Mapping[str, Store] = {each.name: each for each in stores}

    def __iter__(self) -> Iterator[Store]:
        """Each of them, in the order of the file."""
        return iter(self._stores.values())

    def get(self, name: str) -> Store:
        """The store of that name.

        Raises:
            Missing: there is none, any more.
        """
        try:
            return self._stores[name]
        except KeyError:
            raise Missing(f"there is no store {name} in the file of stores") from None

    def locate(self, where: str) -> Location:
        """The place that an operator means by a path or URL, in the store whose own place is the nearest.

        The key is empty where a whole store is meant.

        Raises:
            Outside: it lies in no store; says what to add.
        """
        found = [(each, key) for each in self for key in [each.key_of(where)] if key is not None]
        if not found:
            raise Outside(f"{where} lies in none of the site's stores: add one to storage/stores.toml.")
        store, key = min(found, key=lambda each: len(each[1]))
        return Location(store.name, key)
