"""What can go wrong between us and PostgreSQL, each with a public sentence and without SQL, paths or secrets.

DatabaseProblem
├── DatabaseUnavailable   it cannot be reached, or ended the connection; the same work may succeed later
│   └── DatabaseBusy      every connection of this process is in use, or somebody else holds the lock
├── TookTooLong           the statement ran into its time limit
└── DatabaseUnsuitable    it is not one that Insitu can use (too old, wrong encoding, missing rights)
"""

import psycopg2
from psycopg2 import errorcodes


class DatabaseProblem(Exception):  # noqa: N818  (reads as what happened)
    """A reason with one sentence for people."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class DatabaseUnavailable(DatabaseProblem):
    """The database cannot be reached now."""


class DatabaseBusy(DatabaseUnavailable):
    """Nothing is broken; too much is going on."""


class TookTooLong(DatabaseProblem):
    """The statement was ended at its time limit."""


class DatabaseUnsuitable(DatabaseProblem):
    """The database answers, and is not one that we can use."""


_ENDED = {errorcodes.ADMIN_SHUTDOWN, errorcodes.CRASH_SHUTDOWN, errorcodes.CANNOT_CONNECT_NOW}
_BUSY = {errorcodes.LOCK_NOT_AVAILABLE, errorcodes.DEADLOCK_DETECTED, errorcodes.TOO_MANY_CONNECTIONS}


def problem(error: BaseException, *, broken: bool = False) -> DatabaseProblem | None:
    """Gives the problem that a psycopg2 or SQLAlchemy error stands for, or None for a fault of the statement.

    `broken` says that the connection was found closed, whatever the error is.
    """
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "pgcode", None)
    if code == errorcodes.QUERY_CANCELED:
        return TookTooLong("the question takes longer than this site allows; ask for a smaller region "
                           "or fewer records")
    if code in _BUSY:
        return DatabaseBusy("the database is busy; try again")
    if broken or code in _ENDED:
        return DatabaseUnavailable("the database ended the connection; try again")
    if isinstance(cause, psycopg2.OperationalError) and code is None:
        return DatabaseUnavailable("the database cannot be reached; try again")
    return None
