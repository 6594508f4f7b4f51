"""Roles over a real PostgreSQL, and what of datasets governs access."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from database.engine import Database
from database.moments import Moments
from governance.caller import Identity, Role
from governance.datasets import PROTECTIONS, Circle, Protection, Tier
from governance.errors import DatasetInvalid, RoleInvalid, RoleUnknown
from governance.register import COUNTER, DatasetRegister
from governance.roles import RoleRegister

ADA, EVE = Identity("https://a.example", "1"), Identity("https://b.example", "1")


@pytest.fixture
def roles(site_database: Database) -> Iterator[RoleRegister]:
    found = RoleRegister(site_database)
    yield found
    for each in found.all():
        found.take(each.identity, each.role)


@pytest.fixture
def register(site_database: Database) -> Iterator[DatasetRegister]:
    found = DatasetRegister(site_database)
    yield found
    for each in found.all():
        found.remove(each.id)


def test_a_subject_has_its_roles_at_its_issuer_only(roles: RoleRegister) -> None:
    assert roles.give(ADA, Role.CUSTODIAN) is True
    assert roles.give(ADA, Role.CUSTODIAN) is False
    assert roles.give(ADA, Role.AUDITOR) is True
    assert roles.of(ADA) == {Role.CUSTODIAN, Role.AUDITOR}
    assert roles.of(EVE) == roles.of(None) == roles.of(Identity(ADA.issuer, "1 ")) == frozenset()
    assert [(each.identity, each.role) for each in roles.all()] == [
        (ADA, Role.AUDITOR),
        (ADA, Role.CUSTODIAN),
    ]
    roles.take(ADA, Role.CUSTODIAN)
    assert roles.of(ADA) == {Role.AUDITOR}
    with pytest.raises(RoleUnknown, match="not custodian"):
        roles.take(ADA, Role.CUSTODIAN)


def test_a_role_given_by_another_process_counts_at_once(roles: RoleRegister, site_database: Database) -> None:
    other, moments = RoleRegister(site_database), Moments(site_database, (COUNTER,))
    assert other.of(ADA) == frozenset()
    before = moments.now()
    assert other.of(ADA, before) == frozenset()
    roles.give(ADA, Role.OPERATOR)
    assert other.of(ADA, moments.now()) == {Role.OPERATOR}
    roles.take(ADA, Role.OPERATOR)
    assert other.of(ADA) == frozenset()


@pytest.mark.parametrize("odd", ["", "x" * 256, "a\nb", "a\0"])
def test_no_token_could_carry_such_a_name(roles: RoleRegister, odd: str) -> None:
    for identity in (Identity(odd, "1"), Identity("https://a.example", odd)):
        with pytest.raises(RoleInvalid, match="iss and sub"):
            roles.give(identity, Role.AUDITOR)
    assert roles.all() == []


def test_what_cannot_be_recorded_is_not_done(roles: RoleRegister) -> None:
    seen = []

    @contextmanager
    def acting(what, identity, details):
        seen.append((what, identity, details))
        yield
        seen.append("done")

    def refusing(*_):
        raise OSError("no space left")

    roles.give(ADA, Role.AUDITOR, acting)
    assert seen == [("role.given", ADA, {"role": "auditor"}), "done"]
    with pytest.raises(OSError, match="no space"):
        roles.take(ADA, Role.AUDITOR, refusing)
    assert roles.of(ADA) == {Role.AUDITOR}


def test_a_dataset_keeps_what_governs_it(register: DatasetRegister, site_database: Database) -> None:
    plain = register.add("plain", "GRCh38")
    assert (plain.registered, plain.controlled, plain.grants) == (Tier.NONE, Tier.NONE, ())
    assert (plain.confidential, plain.jurisdiction, plain.protection) == (False, None, PROTECTIONS["default"])
    said = {
        "registered": Tier.COUNT,
        "controlled": Tier.RECORD,
        "compute": Circle.REGISTERED,
        "download": Circle.CONTROLLED,
        "grants": ("https://b", "https://a", "https://b"),
        "sources": ("https://s",),
        "duo": ("hmb", "DS=MONDO:0004992", "TS=2027-12-31", "DUO:0000045"),
        "jurisdiction": "us-hipaa",
        "confidential": True,
        "protection": Protection(7, None, 5),
    }
    full = register.add("full", "GRCh38", Tier.BOOLEAN, **said)
    assert DatasetRegister(site_database).get("full") == full
    assert (plain.compute, plain.download) == (Circle.NONE, Circle.NONE)
    assert (full.compute, full.download) == (Circle.REGISTERED, Circle.CONTROLLED)
    assert full.grants == ("https://b", "https://a")
    assert full.duo == ("DUO:0000006", "DUO:0000007=MONDO:0004992", "DUO:0000025=2027-12-31", "DUO:0000045")
    assert full.protection == Protection(7, None, 5)
    changed = register.change("full", grants=(), jurisdiction=None, confidential=False)
    assert (changed.grants, changed.jurisdiction, changed.confidential) == ((), None, False)
    assert (changed.sources, changed.duo, changed.protection) == (full.sources, full.duo, full.protection)


def test_every_change_moves_the_counter(register: DatasetRegister, site_database: Database) -> None:
    moments = Moments(site_database, (COUNTER,))
    register.add("d", "GRCh38")
    for change in (
        {"registered": Tier.COUNT},
        {"grants": ("https://g",)},
        {"duo": ("GRU",)},
        {"confidential": True},
    ):
        before = moments.now()[COUNTER]
        register.change("d", **change)
        assert moments.now()[COUNTER] == before + 1


@pytest.mark.parametrize(
    "odd",
    [
        {"grants": ("",)},
        {"grants": ("https://a b",)},
        {"grants": ("x" * 256,)},
        {"grants": ("https://a\n",)},
        {"sources": ("https://a\u00a0b",)},
        {"duo": ("DUO:1",)},
        {"duo": ("MONDO:0004992",)},
        {"duo": ("DS",)},
        {"duo": ("DS=cancer",)},
        {"duo": ("TS=31.12.2027",)},
        {"duo": ("TS=2027-02-30",)},
        {"duo": ("GS=\x07",)},
        {"jurisdiction": "mars"},
        {"protection": Protection(-1)},
        {"protection": Protection(5, 0.0)},
        {"protection": Protection(5, float("nan"))},
        {"protection": Protection(5, 0.3, 0)},
        {"grants": tuple(str(number) for number in range(1001))},
    ],
)
def test_what_could_never_match_is_refused(register: DatasetRegister, odd: dict) -> None:
    with pytest.raises(DatasetInvalid) as refused:
        register.add("d", "GRCh38", **odd)
    assert refused.value.public.isprintable()
    assert len(refused.value.public) < 400
    register.add("d", "GRCh38")
    with pytest.raises(DatasetInvalid):
        register.change("d", **odd)
