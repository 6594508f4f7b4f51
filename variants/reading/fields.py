"""The fixed fields of a record, checked."""

import math

from variants.domain.symbolic import is_breakend
from variants.reading.errors import BadFieldError

_BASES = b"ACGTNRYSWKMBDHV"
_ONE_BASE = {letter: chr(base) for base in _BASES for letter in (bytes([base]), bytes([base]).lower())}


def text(raw: bytes) -> str:
    """Bytes as text: UTF-8, or Latin-1 where they are not."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def shown(raw: bytes) -> str:
    """Bytes for a sentence: short and printable."""
    return ascii(text(raw[:24]) + ("..." if len(raw) > 24 else ""))


def bases(raw: bytes, field: str) -> str:
    """Bases in upper case; IUPAC codes of several bases are kept as they are.

    Raises:
        BadFieldError: anything else, or nothing.
    """
    one = _ONE_BASE.get(raw)
    if one is not None:
        return one
    upper = raw.upper()
    if not raw or upper.translate(None, _BASES):
        raise BadFieldError(f"{field} is {shown(raw)}, no bases")
    return upper.decode()


def alternate(raw: bytes) -> str:
    """One alternate allele: bases in upper case, anything symbolic as it is spelled.

    Raises:
        BadFieldError: none of VCF's forms.
    """
    one = _ONE_BASE.get(raw)
    if one is not None:
        return one
    if raw == b"*" or (raw[:1] == b"<" and raw[-1:] == b">" and len(raw) > 2):
        return text(raw)
    if b"[" in raw or b"]" in raw or (len(raw) > 1 and (raw[:1] == b"." or raw[-1:] == b".")):
        spelled = text(raw)
        if not is_breakend(spelled):
            raise BadFieldError(f"ALT is {shown(raw)}, no breakend")
        return spelled
    return bases(raw, "ALT")


def quality(raw: bytes) -> float | None:
    """QUAL; None where it is no finite number to speak of (`inf`, `nan`).

    Raises:
        BadFieldError: no number at all.
    """
    try:
        value = float(raw)
    except ValueError:
        raise BadFieldError(f"QUAL is {shown(raw)}, no number") from None
    return value if math.isfinite(value) else None
