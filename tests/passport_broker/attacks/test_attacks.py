"""Every attack of the table is tried over HTTP on running brokers, and none succeeds; honest use does.

The rows are in the modules beside this one: which section each is from, and what is tried, is its name.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from database.engine import Database
from governance.register import DatasetRegister
from tests.passport_broker.access.applying import registered
from tests.passport_broker.access.walking import walking
from tests.passport_broker.attacks import browsing, passports, presenting, redeeming, redirecting
from tests.passport_broker.attacks.table import ATTACKS, Attack, Scene
from tests.passport_broker.running import Broker, ask

MODULES = (redirecting, redeeming, presenting, browsing, passports)
SECTION = r"(RFC \d{4}|OpenID Connect Core 1\.0), \d[\d.]*|(AAI|Passport) 1\.2\.1, [A-Z].+"


@pytest.fixture(scope="module")
def scenes(broker: Broker, broker_database: Database, session_folder: Path) -> Iterator[Scene]:
    registered(DatasetRegister(broker_database))
    folder = session_folder / "attacked"
    folder.mkdir()
    with walking(broker_database, folder) as walk:
        yield Scene(broker, walk, folder)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_gets_nothing(scenes: Scene, attack: Attack) -> None:
    scenes.wins = scenes.losses = 0
    attack.play(scenes)
    assert scenes.losses > 0, "nothing was tried"
    assert scenes.wins > 0, "nobody honest got anything: the refusal may have another reason"


def test_forty_attacks_and_more_are_tried_and_each_says_where_it_comes_from() -> None:
    assert len(ATTACKS) == len({str(each) for each in ATTACKS}) == 118
    assert len({each.play.__code__ for each in ATTACKS}) >= 70  # ways of trying, however many rows share one
    assert {each.play.__module__ for each in ATTACKS} == {each.__name__ for each in MODULES}
    assert [str(each) for each in ATTACKS if not re.fullmatch(SECTION, each.section)] == []
    assert sum(each.section.startswith("RFC 9700, ") for each in ATTACKS) >= 40
    assert sum(each.section.startswith(("AAI", "Passport")) for each in ATTACKS) >= 10


def test_the_table_s_own_judge_sees_what_an_attacker_gets(scenes: Scene) -> None:
    person, _ = scenes.person()
    with_code = person.send(person.open(ask(scenes.broker, scenes.broker.client()).address), decision="allow")
    client = scenes.broker.client("credentials", scopes=("x",))
    token = scenes.broker.token(client, grant_type="client_credentials")
    for prize in (with_code, token):
        with pytest.raises(AssertionError):
            scenes.refused(prize)
    for nothing in (scenes.broker.token(client, grant_type="password"), person.open("nowhere")):
        with pytest.raises(AssertionError):
            scenes.honest(nothing)
    with pytest.raises(AssertionError):
        scenes.refused(scenes.broker.token(client, grant_type="password"), "invalid_client")
