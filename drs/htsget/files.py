"""What htsget needs of the objects of a site; whether a caller may have them is never decided here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Protocol, Self

from drs.storage.store import Source
from governance.caller import Caller
from serving.request import RequestFacts

Kind = Literal["reads", "variants"]
"""The two kinds of records, as the standard's paths name them."""


@dataclass(slots=True)
class HtsFile:
    """A file of reads or variants that the caller may have. A context manager that closes what is open.

    `format` is BAM, CRAM, VCF or BCF; `index_kind` bai, csi, tbi or crai. `url` gives a fresh URL from which
    ranges of the file can be had, and the headers to be sent with it; `Range` is added here.
    """

    format: str
    source: Source
    index: Source | None
    index_kind: str
    url: Callable[[], tuple[str, Mapping[str, str]]]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.close()
        if self.index is not None:
            self.index.close()


class Files(Protocol):
    """The objects of a site as files of reads and variants."""

    def open(
        self, identifier: str, kind: Kind, caller: Caller, request: RequestFacts, asked: Mapping[str, Any]
    ) -> HtsFile:
        """The file behind an id, after a decision that is recorded together with what was `asked`.

        A ticket holds bytes of the file (its header, the edges of slices): what is decided is whether bytes
        may leave. An object of the other kind, or one that is no file of reads or variants, is not there.

        Raises:
            Unauthenticated, Refused, Missing: the caller may not have it, or there is none.
            Conflict, Unavailable: its bytes have changed, or cannot be had just now.
        """
