"""Which accounts are one person: LinkedIdentities visas (GA4GH Passport 1.2.1), also in chains."""

from collections.abc import Iterable
from urllib.parse import quote, unquote

from governance.caller import Identity
from governance.passport.claims import ISS_LONGEST, SUB_LONGEST
from governance.passport.refusal import Refusal, Rule

LINKS_MOST = 100


def links_of(value: str) -> tuple[Identity, ...]:
    """The accounts that the value of a LinkedIdentities visa names: `sub,iss;sub,iss`, each URI-encoded.

    Raises:
        Refusal: it is nothing of the kind.
    """
    entries = value.split(";")
    if len(entries) > LINKS_MOST:
        raise Refusal(Rule.VALUE, f"it links more than {LINKS_MOST} accounts")
    return tuple(_identity(each) for each in entries)


def person_of(base: Iterable[Identity], links: Iterable[tuple[Identity, ...]]) -> frozenset[Identity]:
    """All accounts that are one with any of `base`, those included; each of `links` is of one person."""
    joined = set(base)
    left = [frozenset(each) for each in links]
    while True:
        touching = [each for each in left if each & joined]
        if not touching:
            return frozenset(joined)
        joined.update(*touching)
        left = [each for each in left if each not in touching]


def link(identity: Identity) -> str:
    """An account as the value of a LinkedIdentities visa names it."""
    return f"{quote(identity.subject, safe='')},{quote(identity.issuer, safe='')}"


def _identity(entry: str) -> Identity:
    subject, comma, issuer = entry.partition(",")
    try:
        decoded = Identity(unquote(issuer, errors="strict"), unquote(subject, errors="strict"))
    except UnicodeDecodeError as error:
        raise _wrong() from error
    if not comma or "," in issuer or not _is_named(decoded.issuer, ISS_LONGEST):
        raise _wrong()
    if not _is_named(decoded.subject, SUB_LONGEST):
        raise _wrong()
    return decoded


def _is_named(text: str, longest: int) -> bool:
    """Whether a text may be an `iss` or `sub`, as `claims.string` has it."""
    return 0 < len(text) <= longest and text.isprintable()


def _wrong() -> Refusal:
    return Refusal(Rule.VALUE, "a LinkedIdentities must hold `sub,iss` pairs of printable names, `;` between")
