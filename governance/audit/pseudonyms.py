"""Who asked, under a name that can be made to mean nobody.

Each account has a random key of its own, kept in a table under a look-up value that only who has the site's
secret file can compute. The pseudonym and everything else in a row that points to the account is an HMAC
under that key. Deleting the key leaves rows that nobody can link to the account any more, the site included.
"""

import hashlib
import hmac
import logging
import re
import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Mapping

from sqlalchemy import exc, text

from database.engine import Database
from governance.audit.accounts import hidden, revealed
from governance.audit.appending import LOCK
from governance.caller import Identity

log = logging.getLogger("insitu.trail")

_FORGOTTEN = "UPDATE governance.audit_forgotten SET number = number + 1"
_OURS = re.compile(r"[0-9a-f]{32}")  # the id that `serving` gives a request that brings none
_MOST = 50_000  # accounts kept in memory


class Pseudonyms:
    """The keys of accounts. Safe between threads."""

    def __init__(self, database: Database, secret: bytes) -> None:
        self._database = database
        self._secret = secret
        self._keys: dict[bytes, bytes] = {}
        self._cleared = 0
        self._lock = threading.Lock()

    def key(self, identity: Identity) -> bytes:
        """The account's key, made where there is none."""
        lookup = self._lookup(identity)
        found = self._keys.get(lookup)
        if found is None:
            cleared = self._cleared
            found = self._read(lookup, named=True) or self._make(lookup, identity)
            self._keep(lookup, found, cleared)
        return found

    def _keep(self, lookup: bytes, key: bytes, cleared: int) -> None:
        """Keeps a key that was read, unless keys were forgotten since."""
        with self._lock:
            if len(self._keys) >= _MOST:
                self._keys.clear()
            if self._cleared == cleared:
                self._keys[lookup] = key

    def known(self, identity: Identity) -> str | None:
        """The account's pseudonym; None where it never asked, or is forgotten."""
        key = self._read(self._lookup(identity))
        return None if key is None else pseudonym(key, identity)

    def who(self, name: str) -> Identity | None:
        """The account of that pseudonym; None where nobody has it, any more or ever."""
        for _, key, identity in self._accounts():
            if identity is not None and pseudonym(key, identity) == name:
                return identity
        return None

    def forget(self, identity: Identity) -> bool:
        """True where the account had a key; it is gone. `overwrite` has the database let go of it, too."""
        return self._drop([self._lookup(identity)]) > 0

    def listed(self) -> dict[str, bytes]:
        """The look-up value of each account that has a key now, by pseudonym."""
        return {
            pseudonym(key, identity): lookup
            for lookup, key, identity in self._accounts()
            if identity is not None
        }

    def drop_unused(self, unused: Mapping[str, bytes], named: Callable[[], set[str]]) -> int:
        """Forgets these accounts, of those `listed`, but for who is `named` meanwhile; gives their number.

        `named` is asked while nobody can add a row; a row that was to name one is made under another key.
        """
        return self._drop([*unused.values()], lambda: [unused[it] for it in unused.keys() & named()])

    def overwrite(self) -> bool:
        """Has PostgreSQL write the table of keys anew, without those that are gone; True where it did."""
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            try:
                connection.execute(text("SET lock_timeout = '10s'"))
                connection.execute(text("VACUUM FULL governance.audit_pseudonym"))
            except exc.SQLAlchemyError:
                log.warning("the table of destroyed keys could not be written anew", exc_info=True)
                return False
            finally:
                connection.invalidate()  # no other work gets its time limit
        return True

    def request(self, identifier: str | None) -> str | None:
        """How rows name a request: as we do, where the id can be ours; a text of the caller's is keyed."""
        if identifier is None or _OURS.fullmatch(identifier):
            return identifier
        return hidden_text(self._secret, "request", identifier)

    def clear(self) -> None:
        """Keeps no key in memory; called when any process has forgotten one."""
        with self._lock:
            self._cleared += 1
            self._keys.clear()

    def _lookup(self, identity: Identity) -> bytes:
        return hmac.digest(self._secret, _words("lookup", identity), hashlib.sha256)

    def _read(self, lookup: bytes, *, named: bool = False) -> bytes | None:
        """The key, if any; `named`: only where the account stands with it."""
        query = "SELECT key FROM governance.audit_pseudonym WHERE lookup = %s"
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(f"{query} AND account IS NOT NULL" if named else query, (lookup,))
            row = cursor.fetchone()
        return None if row is None else bytes(row[0])

    def _make(self, lookup: bytes, identity: Identity) -> bytes:
        """A new key, or the one that is there, with the account that it names."""
        key = secrets.token_bytes(32)
        with self._database.unit_of_work() as work:
            row = work.connection.execute(
                text(
                    "INSERT INTO governance.audit_pseudonym (lookup, key, account) "
                    "VALUES (:lookup, :key, :account) "
                    "ON CONFLICT (lookup) DO UPDATE SET lookup = excluded.lookup RETURNING key, account"
                ),
                {"lookup": lookup, "key": key, "account": hidden(self._secret, key, identity)},
            ).one()
            found = bytes(row[0])
            if row[1] is None:  # written before accounts were kept
                work.connection.execute(
                    text("UPDATE governance.audit_pseudonym SET account = :account WHERE lookup = :lookup"),
                    {"lookup": lookup, "account": hidden(self._secret, found, identity)},
                )
            work.commit()
        return found

    def _accounts(self) -> Iterator[tuple[bytes, bytes, Identity | None]]:
        """Look-up value, key and account of each key; None where only a new question would tell."""
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT lookup, key, account FROM governance.audit_pseudonym")
            rows = cursor.fetchall()
        for lookup, key, account in rows:
            named = None if account is None else revealed(self._secret, bytes(key), bytes(account))
            yield bytes(lookup), bytes(key), named

    def _drop(self, lookups: list[bytes], but: Callable[[], Collection[bytes]] = tuple) -> int:
        """Deletes keys; every process reads keys anew before its next row."""
        with self._database.unit_of_work() as work:
            work.connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            kept = set(but())
            lookups = [each for each in lookups if each not in kept]
            gone = work.connection.execute(
                text("DELETE FROM governance.audit_pseudonym WHERE lookup = ANY(:lookups)"),
                {"lookups": lookups},
            )
            work.connection.execute(text(_FORGOTTEN))
            work.commit()
        self.clear()
        return int(gone.rowcount)


def pseudonym(key: bytes, identity: Identity) -> str:
    """The name of an account in the trail: 32 hexadecimal digits."""
    return hmac.digest(key, _words("subject", identity), hashlib.sha256).hex()[:32]


def hidden_text(key: bytes, what: str, said: str) -> str:
    """A text that may name the account, as the trail has it: the same for the same, and nothing else."""
    return "hmac:" + hmac.digest(key, f"{what}\n{said}".encode(), hashlib.sha256).hex()[:32]


def keyed(key: bytes, digest: str) -> str:
    """The digest of a visa as the trail has it: unlinkable to the visa once the key is gone."""
    return hmac.digest(key, f"visa\n{digest}".encode(), hashlib.sha256).hex()


def _words(use: str, identity: Identity) -> bytes:
    return f"{use}\n{len(identity.issuer)}\n{identity.issuer}\n{identity.subject}".encode()
