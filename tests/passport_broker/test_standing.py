"""What is taken back is honoured by the broker's own site no more, though it knows the caller from before."""

from collections.abc import Callable
from pathlib import Path

import pytest

from database.engine import Database
from governance.passport.refusal import TokenRefused
from passport_broker.service import Clients, Identities
from passport_broker.store import clients
from tests.passport_broker.access.walking import walking
from tests.passport_broker.running import tokens


def test_what_is_taken_back_is_seen_at_the_next_look(site_database: Database, tmp_path: Path) -> None:
    with walking(site_database, tmp_path) as walk:
        broker, own = walk.broker, walk.access.own
        identities = Identities(broker.database)

        def revoked(token: str, client: str) -> None:
            with broker.http(client) as http:
                assert http.post("revoke", data={"token": token}).status_code == 200

        endings: list[Callable[[str, str, str, str], object]] = [
            lambda login, _subject, _client, _token: identities.disable(login),
            lambda login, _subject, _client, _token: identities.set_password(login, "a password anew"),
            lambda _login, subject, client, _token: clients.withdraw(broker.database, subject, client),
            lambda _login, _subject, client, token: revoked(token, client),
            lambda _login, _subject, client, _token: Clients(broker.database).remove(client),
        ]
        for end in endings:
            login, account = broker.account()
            client = broker.client()
            token = tokens(broker, login, client)["access_token"]
            other = tokens(broker, broker.account()[0], broker.client())["access_token"]
            for each in (token, other):
                assert walk.house.identify(f"Bearer {each}").identity is not None
            end(login, account.subject, client, token)
            own._looked = float("-inf")
            with pytest.raises(TokenRefused):
                walk.house.identify(f"Bearer {token}")
            assert walk.house.identify(f"Bearer {other}").identity is not None
