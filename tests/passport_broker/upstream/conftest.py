"""A site at which people log in by way of three providers of others."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from database.engine import Database
from governance.keys.fetching import Http
from tests.passport_broker.access.walking import Walk, walking
from tests.passport_broker.upstream.idp import Idp
from tests.passport_broker.upstream.visiting import Visitor, walk_file


@dataclass
class Town:
    """The site and the providers: `club` lets in who was invited."""

    walk: Walk
    idp: Idp
    other: Idp
    club: Idp

    def visitor(self, login: str = "") -> Visitor:
        return Visitor(self.walk, login)


@pytest.fixture(scope="module")
def town(site_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder, http = tmp_path_factory.mktemp("town"), Http(seconds=2.0)
    with Idp() as idp, Idp(1) as other, Idp(2) as club:
        walk_file(folder, idp, other, club)
        with walking(site_database, folder, http) as walk:
            yield Town(walk, idp, other, club)
    http.close()


@pytest.fixture
def idp(town: Town) -> Iterator[Idp]:
    """The first provider, which does again all that it should after the test."""
    yield town.idp
    town.idp.well()
