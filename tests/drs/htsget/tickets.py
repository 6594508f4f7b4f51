"""A client of tickets, and what joined blocks hold by the tools that everybody uses."""

import base64
from pathlib import Path

import pysam
import pysam.bcftools
import pysam.samtools

from drs.htsget.app import BASE_PATH

MEDIA_TYPE = "application/vnd.ga4gh.htsget.v1.3.0+json; charset=utf-8"


def ask(http, kind, identifier, body=None, **parameters):
    """The answer to a GET, or to a POST where there is a body."""
    path = f"{BASE_PATH}/{kind}/{identifier}"
    return http.get(path, params=parameters) if body is None else http.post(path, json=body)


def ticket(http, kind, identifier, body=None, **parameters):
    """The ticket of a request that succeeds."""
    answer = ask(http, kind, identifier, body, **parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    return answer.json()["htsget"]


def joined(http, told):
    """The bytes of a ticket's blocks, in order."""
    return b"".join(_block(http, each) for each in told["urls"])


def _block(http, entry):
    head, _, data = entry["url"].partition(";base64,")
    if head.startswith("data:"):
        assert "headers" not in entry
        return base64.b64decode(data, validate=True)
    answer = http.get(entry["url"], headers=entry["headers"])
    assert answer.status_code == 206, (entry, answer.status_code)
    return answer.content


def text_of(region):
    """A 0-based half-open region as the tools have it: 1-based and closed."""
    name, start, end = region
    return f"{name}:{start + 1}-{end}"


def variants(path, *regions):
    """The lines of `bcftools view` of regions, each once and in the file's order; all without regions."""
    where = ["-r", ",".join(text_of(each) for each in regions)] if regions else []
    return sorted(pysam.bcftools.view("-H", "--no-version", *where, str(path)).splitlines())


def reads(path, *regions, reference=None):
    """The lines of `samtools view` of regions; all without regions."""
    where = [each if isinstance(each, str) else text_of(each) for each in regions]
    options = ["-T", str(reference)] if reference else []
    several = ["-M"] if len(where) > 1 and "*" not in where else []
    return sorted(pysam.samtools.view(*options, *several, str(path), *where).splitlines())


def saved(folder, data, format_):
    """The joined blocks as a file with an index, made by the tools: they find any mistake in it."""
    path = Path(folder) / f"slice.{ {'VCF': 'vcf.gz', 'BCF': 'bcf', 'BAM': 'bam', 'CRAM': 'cram'}[format_] }"
    path.write_bytes(data)
    if format_ in ("VCF", "BCF"):
        pysam.bcftools.index("-f", str(path))
    else:
        pysam.samtools.index(str(path))
    return path
