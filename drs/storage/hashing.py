"""The checksums that DRS knows of files, all from one reading of their bytes.

Threads, not processes: the digests are computed outside of the interpreter's lock, and buckets are waited for
(docs/storage.md has the figures).
"""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import google_crc32c

from drs.storage.errors import Changed, Missing, Unreachable
from drs.storage.location import Stat
from drs.storage.store import Source, Store

WINDOW = 1024
"""Files that are under way at most, so that a long one at the head does not leave the others idle."""

Progress = Callable[[int], object]


class _StoppedError(Exception):
    """Nobody waits for the checksums any more."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Checksums of a file, in lower-case hexadecimal digits."""

    sha256: str
    md5: str
    crc32c: str


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file of a walk with its checksums, or with why they cannot be had (`problem`, for operators)."""

    key: str
    stat: Stat
    digests: Digests | None
    problem: str | None = None


def digests_of(source: Source, progress: Progress = lambda _: None) -> Digests:
    """The checksums of an open file. `progress` is told of each piece's bytes.

    Raises:
        Changed, Unreachable: it cannot be read to its end in the state in which it was opened.
    """
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    crc32c = 0
    for piece in source.chunks(0, source.stat.size):
        sha256.update(piece)
        md5.update(piece)
        crc32c = google_crc32c.extend(crc32c, piece)
        progress(len(piece))
    return Digests(sha256.hexdigest(), md5.hexdigest(), f"{crc32c:08x}")


def hashed(
    store: Store, found: Iterable[tuple[str, Stat]], *, threads: int, progress: Progress = lambda _: None
) -> Iterator[Hashed]:
    """What a walk found with its checksums, in the walk's order, `threads` files at a time.

    A file that cannot be read, or is not as it was found, has a `problem`, and the others go on. `progress`
    is called in any thread. Closing the iterator stops in the middle of files.
    """
    stopped = threading.Event()

    def told(size: int) -> None:
        if stopped.is_set():
            raise _StoppedError
        progress(size)

    def one(key: str, stat: Stat) -> Hashed:
        try:
            with store.open(key, stat) as source:
                return Hashed(key, stat, digests_of(source, told))
        except (Changed, Missing, Unreachable) as error:
            return Hashed(key, stat, None, error.detail)

    files = iter(found)
    with ThreadPoolExecutor(threads, thread_name_prefix="hashing") as pool:
        begun: deque[Future[Hashed]] = deque(pool.submit(one, *each) for each in islice(files, WINDOW))
        try:
            while begun:
                yield begun.popleft().result()
                begun.extend(pool.submit(one, *each) for each in islice(files, 1))
        finally:
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
