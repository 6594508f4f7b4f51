"""Clients, people and codes, as Authlib asks about them."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin

from passport_broker.domain import scopes
from passport_broker.domain.accounts import Account
from passport_broker.domain.clients import ANY, CODE, Client, chosen
from passport_broker.domain.families import Code, Family


class KnownClient(ClientMixin):
    """A registered client. `site` is whom its tokens are for where it was registered for nobody else.

    `itself` is all that it is called in `aud`, its id first.
    """

    def __init__(self, client: Client, site: str) -> None:
        self.registered = client
        named = set(client.audiences) - {ANY}
        self.audiences = client.audiences if named else (site, *client.audiences)
        self.itself = (client.id, *(each for each in client.serves if each != client.id))

    def __repr__(self) -> str:
        return f"<client {self.registered.id}>"

    def get_client_id(self) -> str:
        """Its id."""
        return self.registered.id

    def get_default_redirect_uri(self) -> None:
        """None: a client says where people are to be sent, each time."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it is registered, character by character (RFC 9700, 4.1.3)."""
        return redirect_uri in self.registered.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether that is its secret."""
        return self.registered.knows(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        """Whether it authenticates so, wherever: one that has a secret has to show it."""
        return (method == "none") is self.registered.public

    def check_response_type(self, response_type: str) -> bool:
        """Whether it may be sent a code; there is nothing else."""
        return response_type == "code" and self.check_grant_type(CODE)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may come to tokens this way."""
        return grant_type in self.registered.grants

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Of the scopes asked for those it may have; None where there are none, or none that make sense."""
        allowed = tuple(each for each in scopes.words(scope) if each in self.registered.scopes)
        if not allowed or (scopes.PASSPORT in allowed and scopes.OPENID not in allowed):
            return None
        return scopes.text(allowed)

    def chosen(self, wanted: list[str]) -> tuple[str, ...] | None:
        """Whom a token is to be for; None where that is not for this client to ask."""
        return chosen(wanted, self.audiences)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is logged in, and since when (seconds since 1970)."""

    account: Account
    authenticated: int


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A code that was redeemed a moment ago."""

    code: Code

    @property
    def family(self) -> Family:
        """What its tokens are descended from."""
        return self.code.family

    code_challenge_method = "S256"

    @property
    def code_challenge(self) -> str:
        """The challenge that its client has to have the verifier of (RFC 7636)."""
        return self.code.challenge

    def get_redirect_uri(self) -> str:
        """Where it was sent."""
        return self.code.redirect_uri

    def get_scope(self) -> str:
        """What was allowed."""
        return scopes.text(self.family.scopes)

    def get_nonce(self) -> str | None:
        """What its client recognises the ID token by."""
        return self.code.nonce

    def get_auth_time(self) -> int | None:
        """When the person logged in."""
        return self.family.authenticated

    def get_acr(self) -> Any:
        """Nothing is said of how strong the login was."""

    def get_amr(self) -> Any:
        """Nothing is said of how somebody logged in."""
