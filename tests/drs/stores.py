"""A store of a folder, as small as can be: what the core needs of one, and nothing of how it is kept safe."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from drs.storage.errors import Changed, Missing
from drs.storage.location import Stat


class Opened:
    """An open file."""

    def __init__(self, path: Path, stat: Stat) -> None:
        self._file = path.open("rb")
        self.stat = stat

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, start: int, stop: int) -> bytes:
        return os.pread(self._file.fileno(), stop - start, start)

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        yield self.read(start, stop)

    def close(self) -> None:
        self._file.close()


class Folder:
    """A folder. `signs`: it says that it is of a cloud, and gives addresses of its own."""

    def __init__(self, name: str, root: Path, scheme: str = "file") -> None:
        self.name, self.scheme, self._root = name, scheme, root

    def stat(self, key: str) -> Stat:
        try:
            found = (self._root / key).stat()
        except OSError:
            raise Missing(key) from None
        return Stat(found.st_size, f"{found.st_ino}-{found.st_mtime_ns}", found.st_mtime)

    def walk(self, prefix: str = "", after: str = "", **_: Any) -> Iterator[tuple[str, Stat]]:
        for path in sorted((self._root / prefix).rglob("*")):
            key = str(path.relative_to(self._root))
            if path.is_file() and key > after:
                yield key, self.stat(key)

    def open(self, key: str, expected: Stat | None = None) -> Opened:
        found = self.stat(key)
        if expected is not None and (found.size, found.mark) != (expected.size, expected.mark):
            raise Changed(key)
        return Opened(self._root / key, found)

    def presigned(self, key: str, seconds: int) -> str | None:
        return f"https://cloud.example/{key}?for={seconds}" if self.scheme != "file" else None

    def key_of(self, where: str) -> str | None:
        path = Path(where)
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else None

    def check(self) -> str:
        return "a folder"
