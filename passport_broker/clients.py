"""Clients: registered by operators."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from database.engine import Database
from passport_broker.domain import opaque
from passport_broker.domain.clients import Client, checked
from passport_broker.errors import ClientInvalid, ClientTaken, ClientUnknown
from passport_broker.store import accounts, clients

Acting = Callable[[str, Mapping[str, Any]], AbstractContextManager[Any]]
"""Records that something (`client.added`) is begun, and how it ended."""


class Clients:
    """The clients of this broker. Safe between threads."""

    def __init__(self, database: Database, acting: Acting | None = None) -> None:
        self._database = database
        self._acting = acting or (lambda _what, _details: nullcontext())

    def add(self, client: Client, *, public: bool) -> str | None:
        """Registers a client; gives its secret, which is shown this once, and None to a public one.

        Raises:
            ClientInvalid: it cannot be registered so; says what to change.
            ClientTaken: there is one of that id.
        """
        secret = None if public else opaque.new()
        made = checked(_with_secret(client, secret))
        if accounts.by_subject(self._database, made.id) is not None:
            # As a client that acts for itself it would be taken for that person (RFC 9700, 4.15).
            raise ClientInvalid("a client cannot have the subject of an account as its id")
        details = {"client": made.id, "grants": list(made.grants), "redirects": list(made.redirect_uris)}
        with self._acting("client.added", details):
            if not clients.insert(self._database, made):
                raise ClientTaken(made.id)
        return secret

    def all(self) -> list[Client]:
        """Every client, by id."""
        return clients.everyone(self._database)

    def remove(self, identifier: str) -> None:
        """The client is no more, nor what people let it do.

        Raises:
            ClientUnknown: there is none of that id.
        """
        with self._acting("client.removed", {"client": identifier}):
            if not clients.delete(self._database, identifier):
                raise ClientUnknown(identifier)


def _with_secret(client: Client, secret: str | None) -> Client:
    return replace(client, secret=None if secret is None else opaque.kept(secret))
