"""Who a login is of, and what their visas say: by the broker's UserInfo (OIDC Core 5.3, GA4GH AAI 1.2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.errors import shown
from governance.passport.jws import read
from governance.passport.refusal import Refusal
from governance.passport.visas import LONGEST
from insitu.exits import Exit, Stop
from insitu.login.calling import Unreached
from insitu.login.documents import json_object, said, whole_number
from insitu.login.kept import Login
from insitu.login.session import Session

CLAIM, VISAS = "ga4gh_visa_v1", "ga4gh_passport_v1"
VISAS_MOST = 200

_OK, _SERVER_ERROR = 200, 500


@dataclass(frozen=True, slots=True)
class VisaSaid:
    """What a visa says. Nobody has verified it: that is for the site that is asked. `ends`: since 1970."""

    type: str
    value: str
    source: str
    by: str
    issuer: str
    ends: int | None


@dataclass(frozen=True, slots=True)
class Person:
    """What the broker says of the login's person."""

    subject: str
    name: str
    email: str
    visas: tuple[VisaSaid, ...]


def person(session: Session, login: Login) -> Person:
    """Who it is, asked anew.

    Raises:
        Stop: the login has ended, or UserInfo speaks of somebody else.
        Unreached: the broker cannot be asked.
    """
    found = _userinfo(session, login)
    if found.get("sub") != login.subject:
        raise Stop(f"UserInfo of {shown(login.issuer, 200)} is about somebody else", Exit.REFUSED)
    listed = found.get(VISAS, [])
    texts = listed if isinstance(listed, list) else []
    visas = (_visa(each) for each in texts[:VISAS_MOST])
    return Person(
        said(found["sub"], longest=255),
        said(found.get("name"), longest=255),
        said(found.get("email"), longest=255),
        tuple(each for each in visas if each is not None),
    )


def _userinfo(session: Session, login: Login) -> Mapping[str, Any]:
    for fresh in (False, True):
        token = session.token(login, fresh=fresh)
        headers = {"authorization": f"Bearer {token}"}
        answer = session.calls.call("GET", login.metadata.userinfo, headers=headers)
        if answer.status == _OK:
            return json_object(answer.content)
        if answer.status >= _SERVER_ERROR:
            raise Unreached(f"{shown(login.issuer, 200)} is out of order just now: try again")
    raise Stop(f"{shown(login.issuer, 200)} does not honour the login: insitu login again", Exit.REFUSED)


def _visa(text: object) -> VisaSaid | None:
    try:
        claims = read(text, LONGEST).claims
    except Refusal:
        return None
    about = claims.get(CLAIM)
    about = about if isinstance(about, dict) else {}
    parts = {each: said(about.get(each), longest=255) for each in ("type", "value", "source", "by")}
    ends = whole_number(claims.get("exp"), 0, 10**11)
    return VisaSaid(**parts, issuer=said(claims.get("iss"), longest=255), ends=ends)
