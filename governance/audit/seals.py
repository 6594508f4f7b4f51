"""The seal of a row: which process wrote it, as its how-manieth, and an HMAC that only the site can make.

Hashes need no secret: who can insert rows can chain them. A seal stands first in the body, so that it is
chained with it, and is made without knowing which number the row will have. Rows cannot be made without the
site's secret, nor be put in twice, for each writer counts its rows without a gap.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from governance.audit.chain import Body

_SEALED = re.compile(r'\{"seal":"([0-9a-f]{16})\.([1-9][0-9]{0,17})\.([0-9a-f]{64})",')
BEGINNING = 25
"""Characters of a sealed body up to and with its writer's name: what an index finds rows of a writer by."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a body says of its making; `content` is the body without it."""

    writer: str
    counter: int
    mac: str
    content: str


def read_seal(body: str) -> Seal | None:
    """The seal of a body; None where it has none."""
    found = _SEALED.match(body)
    if found is None:
        return None
    writer, counter, mac = found.groups()
    return Seal(writer, int(counter), mac, "{" + body[found.end() :])


def beginning(writer: str) -> str:
    """The first characters of all bodies that the writer has sealed."""
    return f'{{"seal":"{writer}'


def _mac(secret: bytes, writer: str, counter: int, content: str) -> str:
    said = f"insitu-audit-seal-1\n{writer}\n{counter}\n{content}"
    return hmac.digest(secret, said.encode(), hashlib.sha256).hex()


def fits(secret: bytes, seal: Seal) -> bool:
    """True where the seal was made under the secret, of this very content."""
    try:
        made = _mac(secret, seal.writer, seal.counter, seal.content)
    except UnicodeEncodeError:
        return False
    return hmac.compare_digest(made, seal.mac)


class Writer:
    """Seals bodies under a random name of its own. For one thread at a time."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.anew()

    def anew(self) -> None:
        """Goes on under another name: when nobody can tell which of its rows are there."""
        self._name, self._written = secrets.token_hex(8), 0

    def sealed(self, bodies: Iterable[Body]) -> list[Body]:
        """The bodies with the seals that follow; they are counted once `wrote` says that they are there."""
        return [self._sealed(number, each) for number, each in enumerate(bodies, self._written + 1)]

    def wrote(self, count: int) -> None:
        """Counts rows that are on disk."""
        self._written += count

    def _sealed(self, number: int, body: Body) -> Body:
        mac = _mac(self._secret, self._name, number, body.text)
        text = f'{{"seal":"{self._name}.{number}.{mac}",{body.text[1:]}'
        return Body(body.at, body.kind, text)


class Counting:
    """Holds the last row of each writer against the next. Without a secret it counts only.

    `before` gives the last number of a writer that was not seen yet.
    """

    def __init__(self, secret: bytes | None, before: Callable[[str], int]) -> None:
        self._secret = secret
        self._before = before
        self._last: dict[str, tuple[int, int]] = {}

    @property
    def last(self) -> Mapping[str, int]:
        """The last number of each writer that was seen."""
        return {writer: number for writer, (number, _) in self._last.items()}

    def fault(self, seal: Seal, missing: int = 0) -> str | None:
        """What is wrong with a seal, None for nothing. `missing` rows were found to be missing so far."""
        if self._secret is not None and not fits(self._secret, seal):
            if seal.counter == self._known(seal)[0] + 1:  # may be a changed row: the next one follows it
                self._last[seal.writer] = (seal.counter, missing)
            return "has a seal that this site has not made: it was put in or changed by somebody else"
        return self.counted(seal, missing)

    def counted(self, seal: Seal, missing: int = 0) -> str | None:
        """As `fault`, of the number alone."""
        known, then = self._known(seal)
        if seal.counter <= known:
            return "was put in a second time: its writer had written it before"
        self._last[seal.writer] = (seal.counter, missing)
        gap = seal.counter - known - 1
        if gap > missing - then:
            return f"is row {seal.counter} of its writer, whose last one here is {known}: others are missing"
        return None

    def _known(self, seal: Seal) -> tuple[int, int]:
        return self._last.get(seal.writer) or (self._before(seal.writer), 0)
