"""What each identity was told, and how much that betrayed of each person: the tables and their one statement.

Charging is one call of a function in the database, which takes turns for each identity: no two processes can
spend the same nats.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from database.engine import Database
from governance.disclosure.errors import SecretLost
from governance.disclosure.secret import Secret

_FIRST = "INSERT INTO governance.disclosure_secret (fingerprint) VALUES (:it) ON CONFLICT DO NOTHING"
_DISCLOSE = "SELECT governance.disclose(%s::bytea[], %s, %s::bytea[], %s::float8[], %s, %s)"
_SPENT = (
    "SELECT coalesce(max(nats), 0) FROM (SELECT sum(nats) AS nats FROM governance.disclosure_spent "
    "WHERE identity = ANY(%s) AND person = ANY(%s) GROUP BY person) AS each"
)


@dataclass(frozen=True, slots=True)
class Price:
    """What telling costs: `charges[n - 1]` nats of each of n people who contribute, infinite where never."""

    charges: Sequence[float]
    least: int
    budget: float


class Ledger:
    """The budgets of a site. Thread-safe; one for each process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, secret: Secret) -> None:
        """Returns where the tables were written under this secret, or under none yet.

        Raises:
            SecretLost: they were written under another: every budget would be new.
        """
        with self._database.unit_of_work() as work:
            work.connection.execute(
                text(_FIRST),
                {"it": secret.fingerprint},
            )
            row = work.connection.execute(text("SELECT fingerprint FROM governance.disclosure_secret")).one()
            if bytes(row[0]) != secret.fingerprint:
                raise SecretLost
            work.commit()

    def charge(self, who: Sequence[bytes], thing: bytes, people: Collection[bytes], price: Price) -> int:
        """How many of the people contribute to what is told; 0 where it is not told, and nothing is charged.

        Whoever could not pay does not contribute, which makes it dearer for the others, and so on until all
        who are left can. What was told before is told again and costs nothing. The first of `who` is
        charged; what the others spent counts.
        """
        values = (
            list(who),
            thing,
            sorted(people),
            [None if math.isinf(each) else each for each in price.charges[: len(people)]],
            max(price.least, 1),
            price.budget,
        )
        with self._database.calling() as connection, connection.cursor() as cursor:
            cursor.execute(_DISCLOSE, values)
            [contributing] = cursor.fetchone() or (0,)
        return int(contributing)

    def most_spent(self, who: Sequence[bytes], people: Collection[bytes]) -> float:
        """The most that any of the people has spent on this identity."""
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(_SPENT, (list(who), list(people)))
            row = cursor.fetchone()
        return float(row[0])
