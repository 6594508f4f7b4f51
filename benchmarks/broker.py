"""The passport broker of a running site with two web processes: tokens, UserInfo and exchanges a second.

"Client credentials" and "refresh" are the token endpoint, each refresh with a refresh token of its own;
UserInfo gives three visas; both exchanges are of a person's token, and each is on record before it is
answered. Rate limits count, but are set out of the way. Then a passport of 100 visas: signed, and verified by
the clearinghouse of another site, which knows nothing of the broker but its address.
"""

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import passports, site
from benchmarks.client import drive, post
from benchmarks.tables import Cell, table
from database.engine import Database
from insitu.house import House, opened
from passport_broker.app import signing_of
from passport_broker.domain.clients import CREDENTIALS, EXCHANGE, REFRESH
from passport_broker.domain.families import family_of
from passport_broker.store.asking import done
from tests.passport_broker.running import SITE_B, Broker, tokens

COLUMNS = ("what", "connections", "median ms", "95 % ms", "a second")
CONNECTIONS = (1, 8)
SETTINGS = {f"INSITU_PASSPORT_{each}_RATE": "100000000/minute" for each in ("TOKEN", "CLIENT", "LOGIN")}
REFRESHES = 1500  # refresh tokens made for each second

_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind
_PASSPORT = "urn:ga4gh:params:oauth:token-type:passport"
# Of each refresh token the digest, as the broker keeps them.
_REFRESHABLE = """
INSERT INTO passport_broker.refresh_token (hash, family)
SELECT sha256(convert_to(%s || number, 'UTF8')), %s FROM generate_series(1, %s) AS number
"""


def measure(folder: Path, *, quick: bool, seconds: float) -> str:
    """The tables, in Markdown."""
    home = folder / "site-of-broker"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700, parents=True)
    with site.running(home, processes=2, settings=SETTINGS) as address, opened(home) as house:
        asked = _Asked.by_somebody(_broker(house, home, address[1]), house)
        rows = [
            _row(address, what, number, messages, seconds)
            for number in CONNECTIONS
            for what, messages in asked.messages(seconds).items()
        ]
        large = passports.measure(asked.broker, house, times=3 if quick else 20)
    return f"{table(COLUMNS, rows)}\n\n{large}"


def _broker(house: House, home: Path, port: int) -> Broker:
    url = f"http://127.0.0.1:{port}"
    return Broker(url, house.database, home, signing_of(home, url))


def _row(
    address: tuple[str, int], what: str, number: int, messages: Sequence[bytes], seconds: float
) -> list[Cell]:
    found = drive(address, messages, number, seconds)
    return [what, number, found.median * 1e3, found.p95 * 1e3, found.rate]


@dataclass(frozen=True)
class _Asked:
    """What clients ask on behalf of a person with three visas."""

    broker: Broker
    token: str
    refresh: str
    clients: Mapping[str, str]

    @classmethod
    def by_somebody(cls, broker: Broker, house: House) -> "_Asked":
        login, account = broker.account()
        passports.grant(broker, house, account.subject, 3)
        clients = {
            "robot": broker.client("credentials", scopes=("beacon:read",)),
            "portal": broker.client("code", "refresh", "exchange", audiences=(broker.url, SITE_B)),
        }
        scope = "openid ga4gh_passport_v1 offline_access"
        given = tokens(broker, login, clients["portal"], scope=scope)
        return cls(broker, given["access_token"], given["refresh_token"], clients)

    def messages(self, seconds: float) -> dict[str, list[bytes]]:
        """The requests, by what they are for."""
        exchange = {"grant_type": EXCHANGE, "subject_token": self.token, "subject_token_type": _ACCESS_TOKEN}
        bearer = f"authorization: Bearer {self.token}"
        head = f"GET /passport/userinfo HTTP/1.1\r\nhost: 127.0.0.1\r\n{bearer}\r\n\r\n"
        return {
            "client credentials": [self._form("robot", grant_type=CREDENTIALS)],
            "refresh": [
                self._form("portal", grant_type=REFRESH, refresh_token=each)
                for each in self._refreshable(int(REFRESHES * seconds))
            ],
            "UserInfo": [head.encode()],
            "exchange, access token": [self._form("portal", audience=SITE_B, **exchange)],
            "exchange, passport": [self._form("portal", requested_token_type=_PASSPORT, **exchange)],
        }

    def _form(self, client: str, **said: Any) -> bytes:
        identifier = self.clients[client]
        secret = {"client_id": identifier, "client_secret": self.broker.secrets[identifier]}
        return post("127.0.0.1", "/passport/token", said | secret)

    def _refreshable(self, number: int) -> list[str]:
        """New refresh tokens of what the person allowed."""
        claims = self.broker.signing.verify(self.token, "at+jwt")
        database: Database = self.broker.database
        first = secrets.token_hex(12)
        done(database, _REFRESHABLE, first, family_of(claims["jti"]), number)
        return [f"{first}{each}" for each in range(1, number + 1)]
