"""Who asked, under a name that can be made to mean nobody.

Each account has a random key of its own, kept in a table under a look-up value that only who has the site's
secret file can compute. The pseudonym and everything else in a row that points to the account is an HMAC
under that key. Deleting the key leaves rows that nobody can link to the account any more, the site included.
"""

import hashlib
import hmac
import secrets
import threading

from sqlalchemy import text

from database.engine import Database
from governance.caller import Identity

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
            found = self._read(lookup) or self._make(lookup)
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

    def forget(self, identity: Identity) -> bool:
        """True where the account had a key; it is gone."""
        values = {"lookup": self._lookup(identity)}
        with self._database.unit_of_work() as work:
            gone = work.connection.execute(
                text("DELETE FROM governance.audit_pseudonym WHERE lookup = :lookup"), values
            )
            work.connection.execute(text("UPDATE governance.audit_forgotten SET number = number + 1"))
            work.commit()
        self.clear()
        self._vacuum()
        return gone.rowcount > 0

    def clear(self) -> None:
        """Keeps no key in memory; called when any process has forgotten one."""
        with self._lock:
            self._cleared += 1
            self._keys.clear()

    def _lookup(self, identity: Identity) -> bytes:
        return hmac.digest(self._secret, _words("lookup", identity), hashlib.sha256)

    def _read(self, lookup: bytes) -> bytes | None:
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT key FROM governance.audit_pseudonym WHERE lookup = %s", (lookup,))
            row = cursor.fetchone()
        return None if row is None else bytes(row[0])

    def _make(self, lookup: bytes) -> bytes:
        """A new key, or the one that another process has made just now."""
        with self._database.unit_of_work() as work:
            row = work.connection.execute(
                text(
                    "INSERT INTO governance.audit_pseudonym (lookup, key) VALUES (:lookup, :key) "
                    "ON CONFLICT (lookup) DO UPDATE SET lookup = excluded.lookup RETURNING key"
                ),
                {"lookup": lookup, "key": secrets.token_bytes(32)},
            ).one()
            work.commit()
        return bytes(row[0])

    def _vacuum(self) -> None:
        """Has PostgreSQL overwrite what it would keep of a deleted key for a while."""
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM governance.audit_pseudonym"))


def pseudonym(key: bytes, identity: Identity) -> str:
    """The name of an account in the trail: 32 hexadecimal digits."""
    return hmac.digest(key, _words("subject", identity), hashlib.sha256).hex()[:32]


def keyed(key: bytes, digest: str) -> str:
    """The digest of a visa as the trail has it: unlinkable to the visa once the key is gone."""
    return hmac.digest(key, f"visa\n{digest}".encode(), hashlib.sha256).hex()


def _words(use: str, identity: Identity) -> bytes:
    return f"{use}\n{len(identity.issuer)}\n{identity.issuer}\n{identity.subject}".encode()
