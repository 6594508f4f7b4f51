"""Bases of a reference genome, from an indexed FASTA."""

from pathlib import Path

import pysam

from variants.domain.assembly import canonical_assembly, contigs
from variants.reading.contigs import contig_of, length_faults
from variants.reading.errors import Unreadable

_WINDOW = 1 << 16


class Reference:
    """Bases by canonical contig name. Opens the file once; not shared between threads or processes."""

    def __init__(self, path: Path, assembly: str) -> None:
        """Opens the FASTA (plain or BGZF), making its index where there is none.

        Raises:
            Unreadable: no FASTA, no index and none can be made, or sequences of another assembly.
        """
        self.path = path
        try:
            self._file = pysam.FastaFile(str(path))
        except (OSError, ValueError) as error:
            raise Unreadable(
                f"{path} is no FASTA that can be indexed: give an uncompressed or bgzip-compressed FASTA, "
                "with its .fai (and .gzi) beside it or in a folder that can be written."
            ) from error
        lengths = dict(zip(self._file.references, self._file.lengths, strict=True))
        faults = length_faults(assembly, lengths)
        if faults:
            raise Unreadable(f"{path} is not {canonical_assembly(assembly)}: {'; '.join(faults[:3])}.")
        known = bool(contigs(assembly))
        self._names: dict[str, str] = {}
        for name, size in lengths.items():
            contig = contig_of(assembly, name, size) if known else name
            self._names.setdefault(contig or name, name)
        self._contig, self._start, self._held = "", 0, ""

    def bases(self, contig: str, start: int, end: int) -> str:
        """The bases of [start, end), 0-based, in upper case.

        Fewer at the contig's ends, none where the contig is not in the file.
        """
        start = max(0, start)
        if contig != self._contig or start < self._start or end > self._start + len(self._held):
            name = self._names.get(contig)
            if name is None:
                return ""
            # A window that reaches back a little: the next question is often a step to the left.
            self._start = max(0, start - 1024)
            held = self._file.fetch(name, self._start, max(end, self._start + _WINDOW))
            self._contig, self._held = contig, held.upper()
        return self._held[start - self._start : end - self._start]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
