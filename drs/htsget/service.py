"""A request for records becomes a ticket: decide, read header and index, say where the bytes lie."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drs.htsget.asking import Asked
from drs.htsget.errors import Damaged, UnsupportedFormat
from drs.htsget.files import Files, HtsFile
from drs.htsget.kept import Kept
from drs.htsget.settings import HtsgetSettings
from drs.htsget.slicing.cram import ContainerSlices
from drs.htsget.slicing.opened import Reading, Slices
from drs.htsget.slicing.pieces import Piece, Range, arranged
from drs.htsget.slicing.records import KINDS, BlockSlices
from governance.caller import Caller
from serving.request import RequestFacts

log = logging.getLogger("insitu.drs")


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where the bytes of an answer are: in `pieces`, whose ranges are had from `url` with `headers`."""

    format: str
    pieces: Sequence[Piece]
    url: str
    headers: Mapping[str, str]


class Htsget:
    """Tickets for the objects of a site. Safe between threads; of requests nothing is kept."""

    def __init__(self, files: Files, settings: HtsgetSettings) -> None:
        self._files = files
        self._kept = Kept(settings.cache_bytes)
        self._index_bytes = settings.index_bytes

    def ticket(self, identifier: str, asked: Asked, caller: Caller, request: RequestFacts) -> Ticket:
        """The ticket for what is asked of the object of that id, decided and recorded by `files`.

        Raises:
            Reason: of `Files.open`; there is no such reference, format or index; or they do not fit.
        """
        with self._files.open(identifier, asked.kind, caller, request, asked.recorded) as file:
            if file.format != asked.format:
                raise UnsupportedFormat(
                    f"This object is {file.format}, and nothing is transcoded: ask for format={file.format}."
                )
            try:
                pieces = arranged(self._pieces(file, asked))
            except Damaged as damaged:
                log.warning("id=%s htsget refused a damaged file: %s", request.id, damaged.detail)
                raise
            url, headers = file.url() if any(isinstance(each, Range) for each in pieces) else ("", {})
            return Ticket(file.format, pieces, url, headers)

    def _pieces(self, file: HtsFile, asked: Asked) -> Iterator[Piece]:
        slices = self._slices(file)
        yield from slices.header()
        if asked.header_only:
            return
        yield from slices.everything() if asked.regions is None else slices.of(asked.regions)

    def _slices(self, file: HtsFile) -> Slices:
        reading = Reading(file, self._kept, self._index_bytes)
        return ContainerSlices(reading) if file.format == "CRAM" else BlockSlices(reading, KINDS[file.format])
