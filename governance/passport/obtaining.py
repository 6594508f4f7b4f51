"""The visas of an access token, had from its broker: by token exchange, or at the UserInfo endpoint."""

import json
import logging
from typing import Any

from governance.keys.errors import Unfetched
from governance.keys.fetching import Fetched, Http
from governance.passport.answers import Obtained
from governance.passport.discovery import Discovery
from governance.passport.exchanging import PASSPORT, credentials_of, error_code, form_of, is_about_token
from governance.passport.jws import read
from governance.passport.own import OwnBroker
from governance.passport.refusal import PASSING, Refusal, Rule
from governance.passport.tokens import PASSPORT_CLAIM, PASSPORT_LONGEST, Access, Passport, Tokens, visas_of
from governance.passport.trust import Broker

log = logging.getLogger("insitu.passport")

_UNAUTHORIZED = 401


class Unanswered(Exception):  # noqa: N818 - named for what happened
    """A broker gave no answer about a token; `down` where the same call may succeed in a moment."""

    def __init__(self, *, down: bool) -> None:
        super().__init__("the broker could not be asked")
        self.down = down


class Obtaining:
    """Asks brokers for the visas of their tokens' users. Safe between threads."""

    def __init__(
        self, http: Http, discovery: Discovery, tokens: Tokens, broker: OwnBroker | None = None
    ) -> None:
        self._broker = broker
        self._http = http
        self._discovery = discovery
        self._tokens = tokens

    def visas(self, token: str, access: Access) -> Obtained:
        """What the broker gives for a verified token; nothing where it is not passport-scoped.

        Raises:
            Refusal: the broker does not honour the token any more, or gives what does not hold.
            Unanswered: the broker cannot be asked.
        """
        own = frozenset({access.identity})
        way = access.broker.way if access.scoped else "none"
        if way == "none":
            return Obtained((), own, access.span.ends)
        if self._broker is not None and access.broker.issuer == self._broker.issuer:
            found = self._broker.visas(token, access.identity.subject)
            if found is None:
                raise _revoked()
            return Obtained(tuple(found), own, access.span.ends)
        if way == "exchange":
            return self._exchanged(token, access)
        return Obtained(self._userinfo(token, access), own, access.span.ends)

    def _userinfo(self, token: str, access: Access) -> tuple[object, ...]:
        try:
            address = self._discovery.userinfo(access.broker)
            accept = "application/json, application/jwt;q=0.5"
            answer = self._http.get(address, {"authorization": f"Bearer {token}", "accept": accept})
        except Unfetched as error:
            gone = error.status == _UNAUTHORIZED or error_code(error) == "invalid_token"
            raise _not_given(error, access.broker, Rule.USERINFO, gone=gone) from error
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
        try:
            address = self._discovery.token(access.broker)
            answer = self._http.post(address, form_of(token), credentials_of(access.broker))
        except Unfetched as error:
            raise _not_given(error, access.broker, Rule.EXCHANGE, gone=is_about_token(error)) from error
        said = _json(answer, Rule.EXCHANGE)
        if said.get("issued_token_type") != PASSPORT:
            raise Refusal(Rule.EXCHANGE, "its broker gave something else than a passport for it")
        passport = self._given(said.get("access_token"))
        if passport.broker.issuer != access.broker.issuer:
            raise Refusal(Rule.EXCHANGE, "its broker gave a passport of another broker for it")
        accounts = frozenset({access.identity, passport.identity})
        return Obtained(passport.visas, accounts, min(access.span.ends, passport.span.ends))

    def _given(self, text: object) -> Passport:
        """The passport that came of an exchange; where it does not hold, that is the broker's fault."""
        try:
            return self._tokens.passport(text, handed_to_us=True)
        except Refusal as refusal:
            if refusal.rule in PASSING:
                raise
            why = f"its broker gave a passport that does not hold ({refusal.rule}): {refusal.reason}"
            raise Refusal(Rule.EXCHANGE, why) from refusal


def _json(answer: Fetched, rule: Rule) -> dict[str, Any]:
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise Refusal(rule, "its broker answered with something that is no JSON") from error
    if not isinstance(said, dict):
        raise Refusal(rule, "its broker answered with something that is no JSON object")
    return said


def _not_given(error: Unfetched, broker: Broker, way: Rule, *, gone: bool) -> Refusal | Unanswered:
    """What a failed call means: `gone`, the broker turned the token down; else it could not be asked."""
    if gone and not error.down:
        return _revoked()
    code = error_code(error)
    # A server that is down mends itself; a call that it turns down waits for a person.
    log.log(
        logging.WARNING if error.down else logging.ERROR,
        "visas cannot be had from %s (%s): it %s%s",
        broker.issuer, way, error.why, f", {code}: see `insitu trust check`" if code else "",
    )  # fmt: skip
    return Unanswered(down=error.down)


def _revoked() -> Refusal:
    return Refusal(Rule.REVOKED, "its broker does not honour it any more")
