"""The visas of an access token, had from its broker: by token exchange, or at the UserInfo endpoint."""

import json
import logging
from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from governance.caller import Identity
from governance.keys.fetching import Fetched, Http, Unfetched
from governance.passport.discovery import Discovery
from governance.passport.jws import read
from governance.passport.refusal import Refusal, Rule
from governance.passport.tokens import PASSPORT_CLAIM, PASSPORT_LONGEST, Access, Tokens, visas_of
from governance.passport.trust import Broker
from serving.reasons import Unavailable

log = logging.getLogger("insitu.passport")

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind
PASSPORT = "urn:ga4gh:params:oauth:token-type:passport"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@dataclass(frozen=True, slots=True)
class Obtained:
    """The visas as they were sent, the accounts that the broker says are the token's user, and an end."""

    visas: tuple[object, ...]
    accounts: frozenset[Identity]
    ends: int


class Obtaining:
    """Asks brokers for the visas of their tokens' users. Safe between threads."""

    def __init__(self, http: Http, discovery: Discovery, tokens: Tokens) -> None:
        self._http = http
        self._discovery = discovery
        self._tokens = tokens

    def visas(self, token: str, access: Access) -> Obtained:
        """What the broker gives for a verified token; nothing where it is not passport-scoped.

        Raises:
            Refusal: the broker does not honour the token any more, or gives what does not hold.
            Unavailable: the broker cannot be asked just now.
        """
        own = frozenset({access.identity})
        way = access.broker.way if access.scoped else "none"
        if way == "none":
            return Obtained((), own, access.span.ends)
        if way == "exchange":
            return self._exchanged(token, access)
        return Obtained(self._userinfo(token, access), own, access.span.ends)

    def _userinfo(self, token: str, access: Access) -> tuple[object, ...]:
        try:
            address = self._discovery.userinfo(access.broker)
            accept = "application/json, application/jwt;q=0.5"
            answer = self._http.get(address, {"authorization": f"Bearer {token}", "accept": accept})
        except Unfetched as error:
            raise _not_given(error, access.broker, (401, 403), Rule.USERINFO) from error
        said = self._claims(answer, access.broker)
        if said.get("sub") != access.identity.subject:  # OpenID Connect Core 5.3.2
            raise Refusal(Rule.USERINFO, "its broker's UserInfo is about somebody else")
        # A broker that has no visas for somebody may leave the claim out.
        return visas_of(said) if PASSPORT_CLAIM in said else ()

    def _claims(self, answer: Fetched, broker: Broker) -> dict[str, Any]:
        """The claims of a UserInfo answer: JSON, or a JWT that the broker signed."""
        if answer.media_type == "application/jwt":
            signed = read(answer.content.decode("ascii", "replace").strip(), PASSPORT_LONGEST)
            if signed.claims.get("iss", broker.issuer) != broker.issuer:
                raise Refusal(Rule.USERINFO, "its broker's UserInfo is signed by somebody else")
            self._tokens.verify(signed, broker)
            return signed.claims
        return _json(answer, Rule.USERINFO)

    def _exchanged(self, token: str, access: Access) -> Obtained:
        """The visas of a passport that the broker gives in exchange (RFC 8693, AAI 1.2.1)."""
        form = {
            "grant_type": EXCHANGE,
            "requested_token_type": PASSPORT,
            "subject_token": token,
            "subject_token_type": ACCESS_TOKEN,
        }
        try:
            address = self._discovery.token(access.broker)
            answer = self._http.post(address, form, {"authorization": _basic(access.broker)})
        except Unfetched as error:
            raise _not_given(error, access.broker, (400, 403), Rule.EXCHANGE) from error
        said = _json(answer, Rule.EXCHANGE)
        if said.get("issued_token_type") != PASSPORT:
            raise Refusal(Rule.EXCHANGE, "its broker gave something else than a passport for it")
        passport = self._tokens.passport(said.get("access_token"), handed_to_us=True)
        if passport.broker.issuer != access.broker.issuer:
            raise Refusal(Rule.EXCHANGE, "its broker gave a passport of another broker for it")
        accounts = frozenset({access.identity, passport.identity})
        return Obtained(passport.visas, accounts, min(access.span.ends, passport.span.ends))


def _json(answer: Fetched, rule: Rule) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise Refusal(rule, "its broker answered with something that is no JSON") from error
    if not isinstance(said, dict):
        raise Refusal(rule, "its broker answered with something that is no JSON object")
    return said


def _not_given(
    error: Unfetched, broker: Broker, refusing: tuple[int, ...], rule: Rule
) -> Refusal | Unavailable:
    """What a failed call means: the broker turned the token down, or could not be asked."""
    if error.status in refusing:
        return Refusal(Rule.REVOKED, "its broker does not honour it any more")
    log.warning("visas cannot be had from %s (%s): it %s", broker.issuer, rule, error.why)
    return Unavailable("The broker of this access token cannot be asked for visas just now: try again soon.")


def _basic(broker: Broker) -> str:
    """Our credentials at the broker, as RFC 6749 2.3.1 writes them."""
    secret = broker.secret.get_secret_value() if broker.secret else ""
    pair = f"{quote(broker.client_id or '', safe='')}:{quote(secret, safe='')}"
    return "Basic " + b64encode(pair.encode()).decode()
