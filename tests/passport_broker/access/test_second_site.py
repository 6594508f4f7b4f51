"""Another site, which knows only the broker's public metadata, believes what its real keys sign."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.audit.trail import Trail
from governance.caller import Identity
from passport_broker.service import OPERATOR, desk_of, own_site, visas_of
from passport_broker.settings import PassportSettings
from passport_broker.visas.desk import Desk
from passport_broker.visas.service import Visas
from tests.governance.passport.sites import Site
from tests.passport_broker.access.saying import DATA, SOURCE, wanted
from tests.passport_broker.running import Broker, tokens

TRUST = """
audiences = ["https://site-b.example"]
[[broker]]
issuer = "{issuer}"
visas = "userinfo"
[[visa_issuer]]
issuer = "{issuer}"
jku = ["{issuer}/jwks"]
[sources]
ControlledAccessGrants = ["{source}"]
"""


@pytest.fixture
def visas(broker: Broker) -> Visas:
    return visas_of(PassportSettings(), broker.database, broker.signing)


@pytest.fixture
def desk(broker: Broker) -> Iterator[Desk]:
    trail = Trail(broker.database, broker.folder)
    yield desk_of(broker.database, trail, broker.issuer)
    trail.close()


def granted(desk: Desk, subject: str, *values: str) -> list[str]:
    now = int(time.time())
    return [desk.issue(wanted(subject, now, value=each), OPERATOR).id for each in values]


def test_a_passport_of_a_hundred_visas_is_believed_elsewhere(
    broker: Broker, desk: Desk, visas: Visas, tmp_path: Path
) -> None:
    _, account = broker.account()
    values = [f"{DATA}/{number:03}" for number in range(100)]
    granted(desk, account.subject, *values)
    trust = TRUST.format(issuer=broker.issuer, source=SOURCE)
    with Site(tmp_path, trust, time.time) as site:
        passport = visas.passport(account.subject, "https://site-b.example")
        caller = site.house.identify(None, [passport])
    assert caller.identity == Identity(broker.issuer, account.subject)
    assert [each.value for each in caller.visas] == values
    assert caller.turned == ()
    assert len(passport) < 100_000


def test_a_closed_account_has_nothing(broker: Broker, desk: Desk) -> None:
    from passport_broker.service import Identities

    login, account = broker.account()
    assert desk.exists(account.subject)
    Identities(broker.database).disable(login)
    assert not desk.exists(account.subject)
    assert not desk.exists("nobody")


def test_a_token_that_the_broker_took_back_has_no_visas_at_its_own_site(broker: Broker, desk: Desk) -> None:
    login, account = broker.account()
    [first] = granted(desk, account.subject, DATA)
    client = broker.client("code", "refresh")
    token = tokens(broker, login, client)["access_token"]
    own = own_site(PassportSettings(), broker.database, broker.signing)
    assert len(own.visas(token, account.subject) or ()) == 1
    assert own.visas(token[:-4] + "AAAA", account.subject) is None
    with broker.http(client) as http:
        assert http.post("revoke", data={"token": token}).status_code == 200
    assert own.visas(token, account.subject) is None
    desk.revoke(first, "because", OPERATOR)


@pytest.mark.parametrize(("revocation", "clock"), [(30, 30), (39, 30), (60, 120)])
def test_settings_leave_time_to_sign_for(revocation: int, clock: int) -> None:
    with pytest.raises(ValueError, match="10 seconds"):
        PassportSettings(revocation_seconds=revocation, clock_seconds=clock)
    with pytest.raises(ValueError, match="no URL"):
        PassportSettings(source="nowhere")
