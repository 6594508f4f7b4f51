"""Token exchange (RFC 8693): a passport, or an access token for somebody else, for a token in hand.

The client is one that the token was issued to or is for; nobody makes use of a token that strayed.
"""

from typing import Any

from authlib.oauth2.rfc6749 import (
    BaseGrant,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    TokenEndpointMixin,
    UnauthorizedClientError,
)

from passport_broker.domain import scopes
from passport_broker.domain.clients import EXCHANGE
from passport_broker.provider import asked
from passport_broker.provider.checking import Held, held
from passport_broker.provider.codes import METHODS
from passport_broker.provider.entities import KnownClient
from passport_broker.visa_source import PASSPORT_TYPE

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind
JWT = "urn:ietf:params:oauth:token-type:jwt"
PASSPORT = "urn:ga4gh:params:oauth:token-type:passport"

PASSPORT_LONGEST = 1_000_000  # characters
_ACTORS_MOST = 3


class ExchangeGrant(BaseGrant, TokenEndpointMixin):
    """Exchanges an access token of ours for an authenticated client."""

    GRANT_TYPE = EXCHANGE
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS[:2]

    def validate_token_request(self) -> None:
        """Returns where the client may exchange that token."""
        form, client = self.request.form, self.authenticate_token_endpoint_client()
        self.request.client = client
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("This client may not exchange tokens.")
        if form.get("subject_token_type") not in (ACCESS_TOKEN, JWT):
            raise InvalidRequestError("subject_token_type must be that of an access token.")
        if "actor_token" in form or "actor_token_type" in form:
            raise InvalidRequestError("This broker takes no actor_token.")
        found = held(self.server.parts, form.get("subject_token", ""))
        if found is None or not found.concerns(client.registered.names):
            raise InvalidGrantError("The subject_token does not hold, or was not meant for this client.")
        self._found = found

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """The answer, with what was asked for."""
        wanted = self.request.form.get("requested_token_type", ACCESS_TOKEN)
        if wanted == PASSPORT:
            made = self._passport(self._found, self.request.client)
        elif wanted == ACCESS_TOKEN:
            made = self._access(self._found, self.request.client)
        else:
            raise InvalidRequestError("requested_token_type is neither an access token's nor a passport's.")
        return 200, made, self.TOKEN_RESPONSE_HEADER

    def _passport(self, found: Held, client: KnownClient) -> dict[str, Any]:
        """A passport (GA4GH AAI 1.2.1), for a passport-scoped token of a person.

        It is for the client itself, or for those that the client asks for and may ask for.
        """
        if self.request.form["subject_token_type"] != ACCESS_TOKEN:
            raise InvalidRequestError("For a passport subject_token_type must be that of an access token.")
        if scopes.PASSPORT not in found.scopes or found.family.account is None:
            raise InvalidScopeError(f"The subject_token has not the scope {scopes.PASSPORT}.")
        wanted = asked.audiences(self.request)
        chosen = client.chosen(wanted) if wanted else client.itself
        if chosen is None:
            raise asked.InvalidTargetError
        parts = self.server.parts
        self._record(found, "passport", audiences=list(chosen))
        passport = parts.visas.passport(found.family.subject, list(chosen))
        ends = int(parts.signing.verify(passport, PASSPORT_TYPE, longest=PASSPORT_LONGEST)["exp"])
        return {
            "access_token": passport,
            "issued_token_type": PASSPORT,
            "token_type": "N_A",
            "expires_in": max(0, ends - parts.now()),
        }

    def _access(self, found: Held, client: KnownClient) -> dict[str, Any]:
        """An access token of the same person for somebody else, with no more scopes and no longer."""
        wanted = scopes.words(self.request.payload.scope) or found.scopes
        if set(wanted) - set(found.scopes) or (scopes.PASSPORT in wanted and scopes.OPENID not in wanted):
            raise InvalidScopeError
        chosen = client.chosen(asked.audiences(self.request))
        if chosen is None:
            raise asked.InvalidTargetError
        actor = _actor(client.get_client_id(), found.claims.get("act"))
        self._record(found, "access token", audiences=list(chosen))
        made: dict[str, Any] = self.server.minting.access(
            found.family,
            client.get_client_id(),
            tuple(each for each in wanted if each != scopes.OFFLINE),
            chosen,
            ends=found.claims["exp"],
            actor=actor,
        )
        return made | {"issued_token_type": ACCESS_TOKEN}

    def _record(self, found: Held, what: str, **details: Any) -> None:
        """Puts on record who gets what about whom, before they get it."""
        said = {"client": self.request.client.get_client_id(), "what": what, **details}
        self.server.parts.record("passport.exchanged", found.family.account, said)


def _actor(client: str, before: dict[str, Any] | None) -> dict[str, Any]:
    """Through whom the token went, the last first (RFC 8693, 4.1).

    Raises:
        InvalidGrantError: it has gone through too many hands.
    """
    length, each = 1, before
    while each is not None:
        length, each = length + 1, each.get("act")
    if length > _ACTORS_MOST:
        raise InvalidGrantError("The subject_token has been exchanged too often.")
    return {"sub": client} if before is None else {"sub": client, "act": before}
