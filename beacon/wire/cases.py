"""Carriers of an allele as `caseLevelData` (default model 2.1.1).

An answer may list many thousands of them, and a sample reads the same in each but for its zygosity: its text
is made once, and an answer's is joined of these.
"""

from collections.abc import Iterable
from functools import lru_cache

import orjson

from beacon.domain.identifiers import analysis_id, run_id
from variants.domain.cases import ZYGOSITIES, Cases, Everybody
from variants.domain.dataset import Sample

_KEPT_OF = 50_000  # samples of a release whose texts are kept, at about 200 bytes each
_KEPT = 4  # releases

_ENDS = [
    b',"zygosity":' + orjson.dumps({"id": each.term, "label": each.value}) + b"}" for each in ZYGOSITIES
]


def case_level_data(cases: Cases) -> orjson.Fragment:
    """The JSON array, one object a carrier."""
    begun = _texts(cases)
    texts = [begin + _ENDS[how] for begin, how in zip(begun, cases.zygosities, strict=True)]
    return orjson.Fragment(b"[" + b",".join(texts) + b"]")


def _texts(cases: Cases) -> Iterable[bytes]:
    everybody = cases.everybody
    if len(everybody.samples) > _KEPT_OF:
        return [_text(everybody.samples[ordinal]) for ordinal in cases.ordinals]
    kept = _all_texts(everybody)
    return [kept[ordinal] for ordinal in cases.ordinals]


@lru_cache(_KEPT)
def _all_texts(everybody: Everybody) -> list[bytes]:
    return [_text(each) for each in everybody.samples]


def _text(sample: Sample) -> bytes:
    """A case without its end."""
    about = {
        "biosampleId": sample.biosample,
        "individualId": sample.person,
        "runId": run_id(sample),
        "analysisId": analysis_id(sample),
    }
    return orjson.dumps(about)[:-1]
