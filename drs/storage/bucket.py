"""An object of a bucket, read in one state of it, and what a cloud's refusals mean."""

import re
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from drs.storage.errors import Changed, Missing, Unreachable, Unwalkable
from drs.storage.location import Stat
from serving.reasons import Reason

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta
    from obstore.store import ObjectStore

CHUNK = 1 << 20
"""Bytes that a piece has at least, and not many more than."""

_CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")


def stat_of(meta: "ObjectMeta") -> Stat:
    """What a store says of an object."""
    mark = "|".join(each for each in (meta["e_tag"], meta["version"]) if each)
    return Stat(
        meta["size"], mark or f"{meta['last_modified'].timestamp():.6f}", meta["last_modified"].timestamp()
    )


class CloudSource:
    """An object in the state that `stat` tells. See `Source`. It holds no connection between two reads."""

    def __init__(self, bucket: "ObjectStore", key: str, found: Stat, shown: str) -> None:
        self.stat = found
        self._bucket = bucket
        self._key = key
        self._shown = shown

    def read(self, start: int, stop: int) -> bytes:
        """The bytes of that range; see `Source.read`."""
        return b"".join(self.chunks(start, stop))

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of that range, from one request; see `Source.chunks`."""
        if not 0 <= start <= stop <= self.stat.size:
            raise ValueError(f"no range of the object: {start} to {stop}")
        if start == stop:
            return
        left = stop - start
        try:
            answer = obstore.get(self._bucket, self._key, options=self._options(start, stop))
            if stat_of(answer.meta) != self.stat:
                raise Changed(f"{self._shown} is not the object that was opened")
            for piece in answer.stream(min_chunk_size=CHUNK):
                left -= len(piece)
                yield bytes(piece)
        except (BaseError, OSError, ValueError) as error:
            raise explained(error, self._shown) from None
        if left:
            raise Changed(f"{self._shown} ended {left} bytes early")

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _options(self, start: int, stop: int) -> "GetOptions":
        options: GetOptions = {"range": (start, stop)}
        tag, _, version = self.stat.mark.partition("|")
        if tag.startswith('"'):  # a weak one or none cannot be a condition; then `stat` alone is compared
            options["if_match"] = tag
        if version:
            options["version"] = version
        return options


def explained(error: Any, shown: str) -> Reason:
    """What an error of obstore's means, without the server's words: they may quote what it was asked with."""
    code = _CODE.search(str(error))
    said = f" ({code.group(1)})" if code else ""
    match error:
        case NotFoundError() | FileNotFoundError():
            return Missing(f"{shown} is not there{said}")
        case PreconditionError():
            return Changed(f"{shown} has changed while it was read")
        case InvalidPathError() | ValueError():
            return Unwalkable(
                f"{shown} has keys with an empty part, a dot as a part, or a control character, which no "
                "path can have: walk a prefix without them."
            )
        case PermissionDeniedError() | UnauthenticatedError() | PermissionError():
            return Unreachable(f"{shown}: this site's credentials do not let it in{said}")
    if "InvalidCertificate" in str(error):
        return Unreachable(f"{shown}: its server's certificate does not hold: name its authority as ca_file")
    return Unreachable(f"{shown} does not answer{said or f' ({type(error).__name__})'}")
