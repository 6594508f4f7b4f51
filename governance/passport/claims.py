"""The claims that all kinds of tokens share (RFC 7519), checked alike in each."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from governance.passport.refusal import Refusal, Rule

ISS_LONGEST = 2000  # characters
SUB_LONGEST = 255  # characters, as OpenID Connect has it
_LATEST = 100_000_000_000  # seconds since 1970: the year 5138. Later times are milliseconds by mistake.


@dataclass(frozen=True, slots=True)
class Span:
    """When a token holds, in seconds since 1970: from `begins` until before `ends`, skew not counted."""

    begins: float
    ends: int

    def check(self, now: float, skew: float) -> None:
        """Returns where the token holds now.

        Raises:
            Refusal: it has ended, or has not begun.
        """
        if now >= self.ends + skew:
            raise Refusal(Rule.EXPIRED, f"it ended at {shown(self.ends)}")
        if now < self.begins - skew:
            raise Refusal(Rule.NOT_YET, f"it begins at {shown(self.begins)}")


def span_of(claims: dict[str, Any], now: float, skew: float) -> Span:
    """When the token holds, by `iat`, `nbf` and `exp`; it holds now.

    Raises:
        Refusal: a time is missing, is no time, or does not hold now.
    """
    issued, ends = moment(claims, "iat", Rule.IAT), moment(claims, "exp", Rule.EXP)
    begins = moment(claims, "nbf", Rule.NBF) if "nbf" in claims else issued
    if issued > now + skew:
        raise Refusal(Rule.FROM_THE_FUTURE, f"it says it was issued at {shown(issued)}")
    if ends <= issued:
        raise Refusal(Rule.EXP, "it ends before it was issued")
    found = Span(begins, math.floor(ends))
    found.check(now, skew)
    return found


def ending(span: Span, latest: float) -> Span:
    """The span, which ends at `latest` at the latest."""
    return Span(span.begins, min(span.ends, math.floor(latest)))


def moment(claims: dict[str, Any], name: str, rule: Rule) -> float:
    """The time of that name, in seconds since 1970.

    Raises:
        Refusal: it is missing or no such time.
    """
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(rule, f"`{name}` must be there, a number of seconds since 1970")
    if not 0 <= value < _LATEST:
        raise Refusal(rule, f"`{name}` is no time in seconds since 1970 (is it in milliseconds?)")
    return value


def string(claims: dict[str, Any], name: str, rule: Rule, longest: int) -> str:
    """The string of that name, not empty.

    Raises:
        Refusal: it is missing, no string, empty, too long, or holds what cannot be printed or stored.
    """
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise Refusal(rule, f"`{name}` must be there, a string of 1 to {longest} printable characters")
    return value


def check_audience(claims: dict[str, Any], ours: Collection[str], *, required: bool) -> None:
    """Returns where the token is for this site, or names nobody and need not.

    Raises:
        Refusal: it is for others, or its `aud` is nothing that RFC 7519 knows.
    """
    if "aud" not in claims:
        if required:
            raise Refusal(Rule.AUD, "it must say whom it is for (`aud`)")
        return
    named = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise Refusal(Rule.AUD, "`aud` must be a string or a list of strings")
    if not set(named) & set(ours):
        raise Refusal(Rule.AUD, "it is for others than this site (`aud`)")


def scopes(claims: dict[str, Any]) -> frozenset[str] | None:
    """The words of `scope` (RFC 8693); None where there is none.

    Raises:
        Refusal: it is no string.
    """
    if "scope" not in claims:
        return None
    if not isinstance(claims["scope"], str):
        raise Refusal(Rule.SCOPE, "`scope` must be a string of words with spaces between them")
    return frozenset(claims["scope"].split(" ")) - {""}


def shown(when: float) -> str:
    """A time as people write it, in UTC."""
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
