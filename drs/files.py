"""Objects as htsget sees them: files of reads or variants with their indexes, decided on like any bytes."""

from collections.abc import Callable, Mapping
from typing import Any

from drs.domain.objects import DrsObject
from drs.errors import NoSuchObject
from drs.htsget.app import BASE_PATH
from drs.htsget.files import HtsFile, Kind
from drs.service import Objects, Wanted
from drs.storage.store import Source
from governance.caller import Caller
from serving.request import RequestFacts

_FORMATS = {"BAM": "reads", "CRAM": "reads", "VCF": "variants", "BCF": "variants"}
_ENDINGS = {".bam": "BAM", ".cram": "CRAM", ".vcf.gz": "VCF", ".vcf.bgz": "VCF", ".bcf": "BCF"}
_TYPES = {
    "application/vnd.ga4gh.bam": "BAM",
    "application/vnd.ga4gh.cram": "CRAM",
    "application/vnd.ga4gh.vcf+gzip": "VCF",
    "application/vnd.ga4gh.bcf": "BCF",
}
_INDEXES = {"BAM": ("bai", "csi"), "CRAM": ("crai",), "VCF": ("tbi", "csi"), "BCF": ("csi",)}


class ObjectsAsFiles:
    """`drs.htsget.files.Files` over the objects of a site.

    What is decided is `drs:stream`, for tickets hold bytes.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def open(
        self, identifier: str, kind: Kind, caller: Caller, request: RequestFacts, asked: Mapping[str, Any]
    ) -> HtsFile:
        """The file, open, with its index where it has one.

        Raises:
            NoSuchObject: there is none of that kind that this caller may know of.
            AccessWanted, AccessRefused: its bytes may not leave to this caller.
            InPreparation, NotTheBytes, Unreachable: there are no bytes to be had.
        """
        origin = request.base_url.removesuffix(BASE_PATH)

        def work(found: DrsObject) -> HtsFile:
            form = format_of(found)
            if _FORMATS.get(form) != kind:
                raise NoSuchObject
            return self._opened(
                found, form, lambda mark: self._objects.link(Wanted(caller, origin), found, mark)
            )

        return self._objects.stream(caller, identifier, work, {"htsget": kind, **asked})

    def _opened(self, found: DrsObject, form: str, link: Callable[[str], str]) -> HtsFile:
        source, _ = self._objects.parts.places.open(found)
        try:
            index_kind, index = self._index(found, form)
        except BaseException:
            source.close()
            raise
        return HtsFile(form, source, index, index_kind, lambda: (link(source.stat.mark), {}))

    def _index(self, found: DrsObject, form: str) -> tuple[str, Source | None]:
        known = self._objects.companions(found.id)
        for kind in _INDEXES[form]:
            if kind in known:
                return kind, self._objects.parts.places.open(known[kind])[0]
        return _INDEXES[form][0], None


def format_of(found: DrsObject) -> str:
    """BAM, CRAM, VCF or BCF; empty for anything else."""
    if found.mime_type in _TYPES:
        return _TYPES[found.mime_type]
    name = (found.name or "").lower()
    return next((form for ending, form in _ENDINGS.items() if name.endswith(ending)), "")
