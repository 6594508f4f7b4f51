"""Who is asking."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What somebody does at this site, beside asking questions."""

    CUSTODIAN = "custodian"
    COMMITTEE = "data-access-committee"
    REVIEWER = "airlock-reviewer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    RESEARCHER = "researcher"


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """An account: a subject of an issuer. Subjects are unique at their issuer only."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Visa:
    """An assertion about the caller that a trusted issuer made and this site verified (GA4GH Passport 1.2.1).

    `type` is one of the standard's names or a URL; times are seconds since 1970. `digest` is the SHA-256 of
    the visa as it was sent, in hexadecimal: it names the visa in logs and records, `id` is its `jti`.
    """

    type: str
    value: str
    source: str
    by: str | None
    holder: Identity
    asserted: int
    expires: int
    digest: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """A visa that does not count, and why: `rule` is a short constant name, `reason` a sentence."""

    digest: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a question; nobody knows who, where `identity` is None.

    `identity` is the account that asked, `person` the one account that stands for all accounts linked to it
    (the smallest of them), so that whoever has several is one. `accounts` are all of these, `identity` among
    them, as far as the visas of this request link them. `scopes` are what the access token is good for.
    `visas` are verified and count for this caller at this moment; `turned` are those that do not, kept for
    explanations. `registered` is GA4GH Registered Access. Nothing of this holds after `expires` (seconds
    since 1970, None where nothing ends). Until `ends`, when the token ends or a visa that somebody else
    signed, it can be found out again without either (`Clearinghouse.again`).
    """

    identity: Identity | None = None
    person: Identity | None = None
    visas: tuple[Visa, ...] = ()
    turned: tuple[Turned, ...] = field(default=(), compare=False)
    roles: frozenset[Role] = frozenset()
    registered: bool = False
    client: str | None = None
    expires: int | None = None
    accounts: frozenset[Identity] = frozenset()
    scopes: frozenset[str] = frozenset()
    ends: int | None = field(default=None, compare=False)

    @property
    def everybody(self) -> frozenset[Identity]:
        """Every account that this caller is known to have; none where nobody knows who is asking."""
        known = {each for each in (self.identity, self.person) if each is not None}
        return self.accounts | known

    @property
    def anonymous(self) -> bool:
        """True where nobody has said who they are."""
        return self.identity is None


ANONYMOUS = Caller()
