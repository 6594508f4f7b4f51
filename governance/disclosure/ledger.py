"""What each identity was told, and how much that betrayed of each person: the tables and their one statement.

Charging is one call of a function in the database, in which accounts of one person take turns: no two
processes can spend the same nats.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from database.engine import Database
from governance.disclosure.errors import SecretLost
from governance.disclosure.secret import Secret
from governance.disclosure.told import Told

_FIRST = "INSERT INTO governance.disclosure_secret (fingerprint) VALUES (:it) ON CONFLICT DO NOTHING"
# Nobody waits for the disk here: nothing is answered before its record is committed, and with that everything
# that was written before it is on the disk.
_DISCLOSE = (
    "SELECT set_config('synchronous_commit', 'off', true), "
    "governance.disclose(%s::bytea[], %s, %s::bytea[], %s::float8[], %s, %s)"
)
_SPENT = """
WITH mine AS MATERIALIZED (
    SELECT unnest(governance.disclosure_accounts(root)) AS account
    FROM unnest(governance.disclosure_roots(%s::bytea[])) AS each (root)
), lost AS (
    SELECT sum(nats) AS nats FROM governance.disclosure_spent JOIN mine ON identity = account
    WHERE person = ANY(%s) GROUP BY person
) SELECT coalesce(max(nats), 0) FROM lost
"""


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
        self._told = Told()

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

    def charge(
        self,
        who: Sequence[bytes],
        thing: bytes,
        people: Collection[bytes],
        price: Price,
        version: int | None = None,
    ) -> int:
        """How many of the people contribute to what is told; 0 where it is not told, and nothing is charged.

        Whoever could not pay does not contribute, which makes it dearer for the others, and so on until all
        who are left can. What was told before is told again and costs nothing.

        `who` are accounts of one person. From here on they are so for ever, and so are all accounts that were
        ever linked to one of them: what any of them spent counts, and what any of them was told is told.

        `version` is the number of `told.COUNTER`, read before: what this process has told as of it is told
        again without asking the database.
        """
        known = self._told.find(version, who, thing)
        if known is not None:
            return known
        values = (
            list(who),
            thing,
            sorted(people),
            [None if math.isinf(each) else each for each in price.charges[: len(people)]],
            max(price.least, 1),
            price.budget,
        )
        with self._database.calling() as connection, connection.cursor() as cursor:
            contributing = None
            while contributing is None:  # only where these accounts were linked to others just now
                cursor.execute(_DISCLOSE, values)
                [(_, contributing)] = cursor.fetchall()
        if contributing:
            self._told.keep(version, who, thing, int(contributing))
        return int(contributing)

    def most_spent(self, who: Sequence[bytes], people: Collection[bytes]) -> float:
        """The most that any of the people has spent on whoever has these accounts."""
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(_SPENT, (list(who), list(people)))
            row = cursor.fetchone()
        return float(row[0])
