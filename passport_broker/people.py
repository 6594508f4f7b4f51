"""What the pages about people are made with: who they are, where they log in, what is asserted of them."""

from dataclasses import dataclass

from passport_broker.persons.service import Persons
from passport_broker.upstream.service import Upstream
from passport_broker.visas.desk import Desk


@dataclass(frozen=True)
class People:
    """The parts, made together. Safe between threads."""

    persons: Persons
    upstream: Upstream
    desk: Desk
