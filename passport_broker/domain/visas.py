"""Visas as they are kept: what is asserted of whom, for how long, and who said so; signed on demand only."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.audit.chain import canonical
from passport_broker.domain.conditions import BY, Conditions, problem_with_conditions, problem_with_type
from passport_broker.domain.urls import problem_with
from passport_broker.domain.values import problem_of
from passport_broker.visas.errors import VisaInvalid

BY_REQUIRED = ("AcceptedTermsAndPolicies", "ControlledAccessGrants")
WHY_LONGEST = 2000  # characters
YEARS_MOST = 20
CLAIM_LONGEST = 9_000  # bytes of JSON: more than that would not fit into what clearinghouses read
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a visa says: its `ga4gh_visa_v1`. `asserted` is in seconds since 1970.

    `conditions` is None where it asks for nothing else.
    """

    type: str
    value: str
    source: str
    by: str | None
    asserted: int
    conditions: Conditions | None = None

    def claim(self) -> dict[str, Any]:
        """The claim, in which what is not said is absent."""
        said: dict[str, Any] = {
            "type": self.type,
            "asserted": self.asserted,
            "value": self.value,
            "source": self.source,
        }
        if self.by is not None:
            said["by"] = self.by
        return said | ({"conditions": self.conditions} if self.conditions else {})


@dataclass(frozen=True, slots=True)
class Span:
    """When an assertion holds: from `begins` until before `ends`, in seconds since 1970."""

    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Revocation:
    """That an assertion holds no more: since when, by whom (as `Issued.by`) and why."""

    at: datetime
    by: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class Issued:
    """An assertion about an account of this broker.

    `by` is who issued it: an account (`issuer`, `subject`), or the operating system's user (`user`, `host`).
    `application` is the access application it came of, if any.
    """

    id: str
    subject: str
    assertion: Assertion
    span: Span
    at: datetime
    by: Mapping[str, Any]
    why: str
    application: str | None = None
    revocation: Revocation | None = None

    def digest(self) -> str:
        """The SHA-256 of all that was said when it was issued, who said so and why included."""
        said = {
            "id": self.id,
            "subject": self.subject,
            "claim": self.assertion.claim(),
            "begins": self.span.begins,
            "ends": self.span.ends,
            "by": dict(self.by),
            "why": self.why,
            "application": self.application,
        }
        return hashlib.sha256(canonical(said)).hexdigest()

    def ended(self) -> str:
        """The SHA-256 of all that was said when it was revoked; of nothing where it was not."""
        gone = self.revocation
        return "" if gone is None else revoking(self.id, gone.by, gone.why)

    def standing(self, now: float) -> str:
        """`standing`, or why it is not signed: `revoked`, `expired`, `to come`."""
        if self.revocation is not None:
            return "revoked"
        if now >= self.span.ends:
            return "expired"
        return "to come" if now < self.span.begins else "standing"


def revoking(visa: str, by: Mapping[str, Any], why: str) -> str:
    """The SHA-256 of a revocation."""
    return hashlib.sha256(canonical({"visa": visa, "by": dict(by), "why": why})).hexdigest()


def checked(assertion: Assertion, span: Span, why: str, now: float) -> None:
    """Returns where any clearinghouse could take a visa of this, as the standard writes it.

    Raises:
        VisaInvalid: something of it cannot be; says what to change.
    """
    _check("type", assertion.type, problem_with_type(assertion.type))
    _check("value", assertion.value, problem_of(assertion.type, assertion.value))
    _check("source", assertion.source, problem_with(assertion.source))
    _check_by(assertion)
    _check_times(assertion, span, now)
    if assertion.conditions is not None:
        problem = problem_with_conditions(assertion.conditions)
        if problem:
            raise VisaInvalid(f"The conditions do not hold together: they {problem}.")
    if len(json.dumps(assertion.claim())) > CLAIM_LONGEST:
        raise VisaInvalid("That is too much for one visa: make value and conditions shorter.")
    if not 0 < len(why.strip()) <= WHY_LONGEST:
        raise VisaInvalid(f"Say why in 1 to {WHY_LONGEST} characters: it is kept with the visa.")


def _check(name: str, text: str, problem: str | None) -> None:
    if problem:
        raise VisaInvalid(f"The {name} {_shown(text)} cannot be: a {name} {problem}.")


def _check_by(assertion: Assertion) -> None:
    if assertion.by is None and assertion.type in BY_REQUIRED:
        raise VisaInvalid(f"A visa of type {assertion.type} says who asserts it (by): {', '.join(BY)}.")
    if assertion.by is not None and assertion.by not in BY:
        raise VisaInvalid(f"{_shown(assertion.by)} cannot assert anything: `by` is one of {', '.join(BY)}.")


def _check_times(assertion: Assertion, span: Span, now: float) -> None:
    if not 0 <= assertion.asserted <= now + 1:
        raise VisaInvalid("Nothing can be asserted before 1970 or after now.")
    if span.begins < 0 or span.ends <= now or span.ends <= span.begins:
        raise VisaInvalid("A visa begins after 1970, and ends after now and after it begins.")
    if span.ends > now + YEARS_MOST * 366 * _DAY:
        raise VisaInvalid(f"A visa lasts {YEARS_MOST} years at most.")


def _shown(text: str) -> str:
    clean = "".join(each if each.isprintable() else "?" for each in text[:80])
    return f"“{clean}”" if len(text) <= 80 else f"“{clean}...”"
