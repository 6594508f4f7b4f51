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
SHOWN_MOST = 255  # characters of each claim


@dataclass(frozen=True, slots=True)
class VisaLine:
    """A visa and what came of it: `rule` is `counts`, or the rule that turned it away, for this reason.

    What a visa that was turned away says of itself is not verified. `issuer`, `subject`, `jku` and `kid` are
    what the trust file has to name for it.
    """

    digest: str
    type: str
    value: str
    source: str
    by: str
    expires: int | None
    rule: str
    reason: str
    issuer: str = ""
    subject: str = ""
    jku: str = ""
    kid: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """What was looked at, whom it makes the caller (nobody where it is a visa alone), and its visas.

    `note` says why there are none, where that is no fault of theirs.
    """

    kind: str
    caller: Caller | None
    visas: tuple[VisaLine, ...]
    note: str = ""


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
        VisaLine(digest=each.digest, expires=each.expires, rule=COUNTS, reason="",
                 **said.get(each.digest, _NOTHING) | _verified(each))
        for each in visas
    ]  # fmt: skip
    others = [
        VisaLine(digest=each.digest, expires=None, rule=each.rule, reason=each.reason,
                 **said.get(each.digest, _NOTHING))
        for each in turned
    ]  # fmt: skip
    return (*counting, *others)


_CLAIMS = ("type", "value", "source", "by")
_NOTHING = dict.fromkeys((*_CLAIMS, "issuer", "subject", "jku", "kid"), "")


def _verified(visa: Visa) -> dict[str, str]:
    """What a visa that counts says, in full."""
    return {"type": visa.type, "value": visa.value, "source": visa.source, "by": visa.by or ""}


def _said(text: str) -> dict[str, str]:
    """What an unverified visa says of itself, and where its key is, made fit for a terminal."""
    try:
        signed = read(text, LONGEST)
    except Refusal:
        return _NOTHING
    claim: Any = signed.claims.get(CLAIM)
    said = {each: claim.get(each, "") if isinstance(claim, dict) else "" for each in _CLAIMS}
    said |= {"issuer": signed.claims.get("iss", ""), "subject": signed.claims.get("sub", "")}
    said |= {"jku": signed.header.get("jku", ""), "kid": signed.kid}
    return {name: shown(str(value), SHOWN_MOST) for name, value in said.items()}
