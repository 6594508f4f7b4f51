"""What somebody else has kept of the trail: a token that a witness got, or an export of back then."""

from pathlib import Path
from typing import Any

import orjson

from governance.audit.chain import Head
from governance.audit.checkpoints import CHECKPOINT, EXPORT, HEAD
from governance.audit.errors import NotAWitness
from governance.audit.pinned import Pin
from governance.keys.site import BadSignature, PublicKeys, verified

_LONGEST = 20_000  # bytes of a token


def pins_of(path: Path, keys: PublicKeys) -> list[Pin]:
    """The rows that a file of one of the site's tokens, or an export, says were in the trail.

    Raises:
        NotAWitness: it says nothing that the site has signed.
    """
    with path.open("rb") as file:
        start = file.read(_LONGEST).strip()
    if not start.startswith(b"{"):
        return [_pin(start.decode("ascii", "replace"), path, keys)]
    with path.open("rb") as file:
        found = [_pin(each, path, keys) for line in file for each in _tokens(line)]
    if not found:
        raise NotAWitness(f"{path} has neither a token of the site nor is it a signed export")
    return found


def _tokens(line: bytes) -> list[str]:
    if not line.startswith((b'{"checkpoint":', b'{"end":')):
        return []
    try:
        return [each for each in orjson.loads(line).values() if isinstance(each, str)]
    except ValueError:
        return []


def _pin(token: str, path: Path, keys: PublicKeys) -> Pin:
    for kind in (HEAD, CHECKPOINT, EXPORT):
        try:
            said: dict[str, Any] = verified(token, kind, keys)
            head = Head(int(said["sequence"]), bytes.fromhex(said["hash"]))
        except BadSignature as bad:
            why = str(bad)
        except (KeyError, ValueError, TypeError):
            why = "names no row"
        else:
            return Pin(head, f"{path.name}, of {said.get('at')},")
    raise NotAWitness(f"{path}: {why}")
