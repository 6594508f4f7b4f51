"""How often something was done lately, counted in the database, so that limits hold across processes."""

import hashlib

from limits.storage import Storage

from database.engine import Database
from database.errors import DatabaseProblem
from passport_broker.store.asking import done, row

# A window that is over begins anew with the next that is counted.
_COUNT = """
INSERT INTO passport_broker.rate AS rate (key, count, ends_at)
VALUES (%s, %s, now() + %s * interval '1 second')
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN rate.ends_at <= now() THEN 0 ELSE rate.count END + excluded.count,
    ends_at = CASE WHEN rate.ends_at <= now() THEN excluded.ends_at ELSE rate.ends_at END
RETURNING count
"""
_LEFT = """
SELECT count, extract(epoch FROM ends_at)::float8 FROM passport_broker.rate WHERE key = %s AND ends_at > now()
"""


class RateStorage(Storage):
    """What `limits` counts with. Its keys name people and addresses, so only digests of them are kept."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        """What goes wrong where a count cannot be had."""
        return DatabaseProblem

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """The count with these, in the window that began with the first of them."""
        found = done(self._database, _COUNT, _digest(key), amount, expiry)
        return 0 if found is None else int(found[0])

    def get(self, key: str) -> int:
        """The count in the window that is open."""
        found = row(self._database, _LEFT, _digest(key))
        return 0 if found is None else int(found[0])

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        found = row(self._database, _LEFT, _digest(key))
        return 0.0 if found is None else float(found[1])

    def check(self) -> bool:
        """True where the database answers."""
        self._database.ping()
        return True

    def reset(self) -> int | None:
        """Forgets every count."""
        done(self._database, "DELETE FROM passport_broker.rate")
        return None

    def clear(self, key: str) -> None:
        """Forgets one count."""
        done(self._database, "DELETE FROM passport_broker.rate WHERE key = %s", _digest(key))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
