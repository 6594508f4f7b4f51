"""A bucket of S3 (or what speaks like it), Google Cloud Storage or Azure as a store, through obstore."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from drs.storage.bucket import CloudSource, explained, stat_of
from drs.storage.errors import Changed, Missing
from drs.storage.location import Stat, is_key
from drs.storage.store import Skipped
from drs.storage.walking import left_out

log = logging.getLogger("insitu.storage")

Bucket = S3Store | GCSStore | AzureStore
PAGE = 1000
"""Objects that one question to a bucket lists."""


class CloudStore:
    """What lies in a bucket under a prefix, `place` being its URL. See `Store`."""

    def __init__(self, name: str, place: str, bucket: Bucket, *, presigns: bool) -> None:
        self.name = name
        self.scheme = urlsplit(place).scheme
        self.place = place.rstrip("/")
        self._bucket = bucket
        self._presigns = presigns

    def stat(self, key: str) -> Stat:
        """What is at the key; see `Store.stat`."""
        if not is_key(key):
            raise Missing(f"{key!r} cannot be a key in the store {self.name}")
        try:
            return stat_of(obstore.head(self._bucket, key))
        except ValueError:
            raise Missing(f"{key!r} cannot be a key in a bucket") from None
        except (BaseError, OSError) as error:
            # Its cause would hold all that the server said.
            raise explained(error, self._shown(key)) from None

    def open(self, key: str, expected: Stat | None = None) -> CloudSource:
        """The object at the key; see `Store.open`. Nothing is fetched but what `stat` is."""
        found = self.stat(key)
        if expected is not None and (found.size, found.mark) != (expected.size, expected.mark):
            raise Changed(f"{self._shown(key)} is not the object that was registered")
        return CloudSource(self._bucket, key, found, self._shown(key))

    def presigned(self, key: str, seconds: int) -> str | None:
        """A URL of the cloud's own; see `Store.presigned`."""
        if not self._presigns:
            return None
        try:
            return obstore.sign(self._bucket, "GET", key, timedelta(seconds=seconds))
        except (BaseError, OSError, ValueError) as error:
            raise explained(error, self._shown(key)) from None

    def key_of(self, where: str) -> str | None:
        """The key of a URL; see `Store.key_of`."""
        if where.rstrip("/") == self.place:
            return ""
        return where.removeprefix(self.place + "/") if where.startswith(self.place + "/") else None

    def check(self) -> str:
        """Asks the bucket for one name; see `Store.check`."""
        try:
            next(iter(obstore.list(self._bucket, chunk_size=1)), None)
        except (BaseError, OSError, ValueError) as error:
            raise explained(error, self.place) from None
        if self._presigns:
            self.presigned("insitu", 60)
        return self.place

    def walk(
        self, prefix: str = "", after: str = "", skipped: Skipped | None = None
    ) -> Iterator[tuple[str, Stat]]:
        """The objects at and under the prefix; see `Store.walk`."""
        skipped = Skipped() if skipped is None else skipped
        found = 0
        if prefix:
            try:
                itself = self.stat(prefix)
            except Missing:
                pass
            else:
                found = 1
                if prefix.encode() > after.encode():
                    yield prefix, itself
        for key, stat in self._listed(prefix, after):
            found += 1
            if not _is_left_out(key[len(prefix) :].lstrip("/"), skipped):
                yield key, stat
        if prefix and not found and not after:
            raise Missing(f"there is nothing at {self._shown(prefix)}")

    def _listed(self, prefix: str, after: str) -> Iterator[tuple[str, Stat]]:
        # A bucket lists what comes after a key, also where that is not under the prefix.
        try:
            for page in obstore.list(self._bucket, prefix or None, offset=after or None, chunk_size=PAGE):
                for each in page:
                    yield each["path"], stat_of(each)
        except (BaseError, OSError, ValueError) as error:
            raise explained(error, self._shown(prefix)) from None

    def _shown(self, key: str) -> str:
        return f"{self.place}/{key}"


def _is_left_out(key: str, skipped: Skipped) -> bool:
    """Whether the object, or a folder that it is in, is hidden or temporary; each object counts."""
    return any(left_out(each, skipped) for each in key.split("/"))
