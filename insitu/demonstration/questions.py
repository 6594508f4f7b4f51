"""Three questions to try on the demonstration site, about what is really in it."""

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from insitu.demonstration.making import TRUTH
from insitu.demonstration.plan import ASSEMBLY


@dataclass(frozen=True, slots=True)
class Try:
    """A question in words, and the address that asks it."""

    words: str
    url: str

    def command(self) -> str:
        """The command to type."""
        return f"curl -s '{self.url}'"


def questions(folder: Path, beacon_url: str) -> list[Try]:
    """Questions about what the files in `folder` hold: an allele, its gene, the carriers of a deletion."""
    truth = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    planted, deletion = truth["planted"][0], truth["longDeletion"]
    middle = deletion["position"] + deletion["length"] // 2
    return [
        _ask(
            "Has anybody this variant?", f"{beacon_url}/g_variants",
            assemblyId=ASSEMBLY, referenceName=planted["chromosome"], start=planted["position"] - 1,
            referenceBases=planted["ref"], alternateBases=planted["alt"],
        ),
        _ask(
            f"How many people, at least, carry a variant of {planted['gene']}?", f"{beacon_url}/individuals",
            geneId=planted["gene"], requestedGranularity="count",
        ),
        _ask(
            "Who carries a deletion of 300 bases or more over this place?", f"{beacon_url}/individuals",
            assemblyId=ASSEMBLY, referenceName=deletion["chromosome"], start=middle, end=middle + 1,
            variantType="DEL", variantMinLength=300, requestedGranularity="record",
        ),
    ]  # fmt: skip


def _ask(words: str, path: str, **parameters: object) -> Try:
    return Try(words, f"{path}?{urlencode(parameters)}")
