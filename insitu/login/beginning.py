"""What becomes of the tokens that a new login gives: whose it is, for whom, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.errors import shown
from governance.passport.jws import read
from governance.passport.refusal import Refusal
from insitu.exits import Exit, Stop
from insitu.login.kept import Access, Login
from insitu.login.metadata import Metadata
from insitu.login.tokens import Client, Given

_ID_TOKEN_LONGEST = 200_000
_CLOCKS = 120  # seconds by which those of broker and user may differ


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a login is to be: by which client, for what, and for whom (`audiences`, the first by default)."""

    client: Client
    scopes: Sequence[str]
    audiences: Sequence[str]


def made(metadata: Metadata, wanted: Wanted, given: Given, now: int) -> Login:
    """The login.

    Raises:
        Stop: its ID token is of another one, or none.
    """
    first = next(iter(wanted.audiences), "")
    alone = len(wanted.audiences) < 2  # a token for several is not sent to any of them
    return Login(
        metadata=metadata,
        client=wanted.client,
        subject=_subject(metadata, wanted.client, given, now),
        scopes=given.scopes if given.scopes is not None else tuple(wanted.scopes),
        audiences=tuple(wanted.audiences),
        since=now,
        ends=end_of(given, now),
        refresh=given.refresh,
        access={first: Access(given.access, now + given.seconds)} if alone else {},
    )


def end_of(given: Given, now: int) -> int | None:
    """When a login ends that was given this; None where the broker does not say."""
    if given.refresh is None:
        return now + given.seconds
    return None if given.refresh_seconds is None else now + given.refresh_seconds


def _subject(metadata: Metadata, client: Client, given: Given, now: int) -> str:
    """Whose login it is, by the ID token, which came straight from its issuer (OIDC Core 3.1.3.7)."""
    try:
        claims = read(given.identity, _ID_TOKEN_LONGEST).claims
    except Refusal as error:
        raise Stop(f"the ID token of {shown(metadata.issuer, 200)}: {error.reason}", Exit.REFUSED) from error
    audiences = claims.get("aud")
    mine = client.id in (audiences if isinstance(audiences, list) else [audiences])
    subject, ends = claims.get("sub"), claims.get("exp")
    holds = isinstance(ends, int | float) and ends > now - _CLOCKS
    if claims.get("iss") != metadata.issuer or not mine or not holds or not isinstance(subject, str):
        raise Stop(f"the ID token of {shown(metadata.issuer, 200)} is not of this login", Exit.REFUSED)
    return subject
