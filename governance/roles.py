"""Who has which role at this site."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from database.engine import Database
from database.moments import Moment
from governance.caller import Identity, Role
from governance.errors import RoleInvalid, RoleUnknown
from governance.store import datasets, roles

COUNTER = datasets.COUNTER
"""What moves with every change: roles share it with the register."""

_LONGEST = 255
_NOBODY: frozenset[Role] = frozenset()

Acting = Callable[[str, Identity, Mapping[str, Any]], AbstractContextManager[Any]]
"""Records that something (`role.given`) is begun upon an account, and how it ended."""


@dataclass(frozen=True, slots=True)
class Given:
    """A role that an account has, and since when."""

    identity: Identity
    role: Role
    since: datetime


class RoleRegister:
    """The roles of a site. A change made by any process is seen by every call that begins after it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: tuple[int, Mapping[Identity, frozenset[Role]]] | None = None

    def of(self, identity: Identity | None, moment: Moment | None = None) -> frozenset[Role]:
        """The roles of an account; as of `moment` or later, and then mostly without a query."""
        return _NOBODY if identity is None else self._current(moment).get(identity, _NOBODY)

    def all(self) -> list[Given]:
        """Every role that anybody has, by issuer, subject and role."""
        with self._database.reading() as connection:
            return [Given(Identity(*row[:2]), Role(row[2]), row[3]) for row in roles.everybody(connection)]

    def give(self, identity: Identity, role: Role, acting: Acting | None = None) -> bool:
        """False where the account had the role already.

        Raises:
            RoleInvalid: issuer or subject is none that a token could carry; says what to change.
        """
        for what, text in (("issuer", identity.issuer), ("subject", identity.subject)):
            if not 1 <= len(text) <= _LONGEST or not text.isprintable():
                raise RoleInvalid(what, text)
        with _acting(acting, "role.given", identity, role):
            return self._written(roles.insert, identity, role)

    def take(self, identity: Identity, role: Role, acting: Acting | None = None) -> None:
        """The account has the role no more.

        Raises:
            RoleUnknown: it did not have it.
        """
        with _acting(acting, "role.taken", identity, role):
            if not self._written(roles.delete, identity, role):
                raise RoleUnknown(role, identity.issuer, identity.subject)

    def _written(self, write: Callable[..., bool], identity: Identity, role: Role) -> bool:
        with self._database.unit_of_work() as work:
            changed = write(work.connection, identity.issuer, identity.subject, role.value)
            work.commit()
        return changed

    def _current(self, moment: Moment | None) -> Mapping[Identity, frozenset[Role]]:
        known = self._known
        if known is not None and moment is not None and moment[COUNTER] == known[0]:
            return known[1]
        with self._database.reading() as connection:
            if known is None or datasets.version(connection) != known[0]:
                known = self._known = _read(connection)
        return known[1]


def _read(connection: Any) -> tuple[int, Mapping[Identity, frozenset[Role]]]:
    """The version, and the roles as of that version or later: then they are read again the next time."""
    version = datasets.version(connection)
    found: dict[Identity, set[Role]] = {}
    for issuer, subject, role, _ in roles.everybody(connection):
        found.setdefault(Identity(issuer, subject), set()).add(Role(role))
    return version, {identity: frozenset(held) for identity, held in found.items()}


def _acting(acting: Acting | None, what: str, identity: Identity, role: Role) -> AbstractContextManager[Any]:
    return nullcontext() if acting is None else acting(what, identity, {"role": role.value})
