"""The authorization server: Authlib's, with our grants and endpoints."""

import logging
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc9207 import IssuerParameter

from passport_broker.domain.accounts import Account
from passport_broker.provider.codes import CodeGrant, Pkce
from passport_broker.provider.devices import DeviceEndpoint, DeviceGrant
from passport_broker.provider.entities import KnownClient
from passport_broker.provider.exchange import ExchangeGrant
from passport_broker.provider.looking import Introspection, Revocation
from passport_broker.provider.minting import Minting
from passport_broker.provider.openid import IdTokens, IdTokensOfCodes
from passport_broker.provider.others import CredentialsGrant, RefreshGrant
from passport_broker.provider.parts import Parts
from passport_broker.store import accounts, clients

logging.getLogger("authlib").setLevel(logging.INFO)  # below that it writes tokens into the log


class Issuer(IssuerParameter):
    """Says in each authorization response whose it is (RFC 9207), against mix-ups."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        """This broker."""
        return self._issuer


class Provider(AuthorizationServer):
    """One for each process. Safe between threads: it knows nothing of any request."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        self.minting = Minting(parts)
        self.register_grant(CodeGrant, [Pkce(), IdTokensOfCodes()])
        self.register_grant(RefreshGrant, [IdTokens()])
        self.register_grant(DeviceGrant, [IdTokens()])
        self.register_grant(CredentialsGrant)
        self.register_grant(ExchangeGrant)
        for endpoint in (Introspection, Revocation, DeviceEndpoint):
            self.register_endpoint(endpoint)
        self.register_extension(Issuer(parts.issuer))

    def query_client(self, client_id: str) -> KnownClient | None:
        """The client of that id."""
        found = clients.find(self.parts.database, client_id)
        return None if found is None else KnownClient(found, self.parts.site)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Nothing: what is kept of tokens is kept as they are made."""

    def create_oauth2_request(self, request: Any) -> Any:
        """The request, as Authlib reads it; it knows this server."""
        made = super().create_oauth2_request(request)
        made.server = self
        return made

    def account(self, subject: str | None) -> Account | None:
        """The account of that subject; None where there is none, or none that may be used."""
        found = None if subject is None else accounts.by_subject(self.parts.database, subject)
        return None if found is None or found.disabled else found
