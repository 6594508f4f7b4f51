"""Whose budget a Beacon charges, over HTTP: accounts that anybody can make, and registered people."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from database.engine import Database
from governance.caller import Caller, Identity
from governance.datasets import Tier
from governance.register import DatasetRegister
from serving.testing import Client, client
from tests.beacon.site import identify as registered
from tests.beacon.site import site_of
from tests.beacon.test_disclosure import load, told, vcf


def identify(authorization: str | None) -> Caller:
    """As every test's, but that only those whose name begins with a capital are registered.

    `Ann-Bob` is Ann, who says that she is also Bob.
    """
    caller = registered(authorization)
    if caller.identity is None:
        return caller
    names = caller.identity.subject.split("-")
    accounts = [Identity(caller.identity.issuer, each) for each in names]
    return replace(
        caller,
        identity=accounts[0],
        person=min(accounts),
        accounts=frozenset(accounts),
        registered=names[0].istitle(),
    )


@pytest.fixture(scope="module")
def http(site_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    register = DatasetRegister(site_database)
    dataset = register.add("bool", "GRCh37", Tier.BOOLEAN)
    load(site_database, dataset, tmp_path_factory.mktemp("accounts") / "bool.vcf", vcf())
    with client(site_of(site_database, register).app(identify=identify)) as asking:
        yield asking


# The alleles at places 3, 4 and 5 share five of their eight carriers, whose budget is two such answers.
def test_accounts_that_nobody_answers_for_have_the_anonymous_budget(http: Client) -> None:
    assert [told(http, f"free{place}", place) for place in (3, 4)] == [True, True]
    answers = [told(http, who, place) for who in (None, "free1", "free2", "free3") for place in (3, 5, 4)]
    assert answers == [True, False, True] * 4
    assert told(http, "Ann", 5)


def test_accounts_that_were_linked_once_are_one_also_without_saying_so(http: Client) -> None:
    assert told(http, "Zoe-Cleo-Max", 3)
    assert told(http, "Max", 4)
    answers = [told(http, who, place) for who in ("Zoe", "Max", "Cleo") for place in (3, 5, 4)]
    assert answers == [True, False, True] * 3
    assert not told(http, "Zoe-Amy", 5)
    assert not told(http, "Amy", 5)
    assert told(http, "Eve", 5)
