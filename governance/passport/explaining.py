"""What a token or a passport comes to, visa by visa, for people: `insitu trust explain`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from governance.caller import Caller, Turned, Visa
from governance.errors import shown
from governance.passport.assertions import CLAIM
from governance.passport.jws import digest, read
from governance.passport.refusal import Refusal
from governance.passport.tokens import PASSPORT_LONGEST, PASSPORT_TYPE
from governance.passport.visas import LONGEST

VISA_TYPE = "vnd.ga4gh.visa+jwt"
COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class VisaLine:
    """A visa and what came of it: `rule` is `counts`, or the rule that turned it away, for this reason.

    What a visa that was turned away says of itself is not verified.
    """

    digest: str
    type: str
    value: str
    source: str
    by: str
    expires: int | None
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What was looked at, whom it makes the caller (nobody where it is a visa alone), and its visas."""

    kind: str
    caller: Caller | None
    visas: tuple[VisaLine, ...]


def kind_of(text: str) -> str:
    """`visa`, `passport` or `access token`, by what the token says of itself."""
    try:
        signed = read(text, PASSPORT_LONGEST)
    except Refusal:
        return "access token"
    if signed.typ == PASSPORT_TYPE:
        return "passport"
    return "visa" if signed.typ == VISA_TYPE or CLAIM in signed.claims else "access token"


def lines_of(sent: Iterable[object], visas: Iterable[Visa], turned: Iterable[Turned]) -> tuple[VisaLine, ...]:
    """A line for each visa, those that count first."""
    said = {digest(each): _said(each) for each in sent if isinstance(each, str)}
    counting = [
        VisaLine(v.digest, v.type, v.value, v.source, v.by or "", v.expires, COUNTS, "") for v in visas
    ]
    others = [
        VisaLine(t.digest, *said.get(t.digest, ("", "", "", "")), None, t.rule, t.reason) for t in turned
    ]
    return (*counting, *others)


def _said(text: str) -> tuple[str, str, str, str]:
    """Type, value, source and by as an unverified visa has them, made fit for a terminal."""
    try:
        claim: Any = read(text, LONGEST).claims.get(CLAIM)
    except Refusal:
        claim = None
    if not isinstance(claim, dict):
        return "", "", "", ""
    kind, value, source, by = (shown(str(claim.get(each, ""))) for each in ("type", "value", "source", "by"))
    return kind, value, source, by
