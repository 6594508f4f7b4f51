"""Whom the broker's tokens convince: its own site without the network, and a second one by its metadata."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from database.engine import Database
from governance.caller import Identity
from governance.keys.fetching import Http
from governance.passport.clearinghouse import Clearinghouse
from governance.passport.opening import open_clearinghouse
from governance.passport.refusal import TokenRefused
from governance.passport.trust import TrustInvalid, read_trust
from governance.passport.trustfile import TrustFile, path_in
from passport_broker.app import signing_of
from passport_broker.own import OwnHttp, OwnTrust
from passport_broker.provider.entities import User
from passport_broker.provider.minting import Minting
from passport_broker.provider.parts import Ground
from passport_broker.service import Identities
from passport_broker.settings import PassportSettings
from passport_broker.store import families
from tests.issuer import Issuer
from tests.passport_broker.running import PASSWORD, SITE_B, Broker, Stamped, tokens

SCOPE = ("openid", "ga4gh_passport_v1")
REGISTERED = "https://doi.org/10.1038/s41431-018-0219-y"


class Alone:
    """A site whose broker nobody could ask: no port of it is open."""

    def __init__(self, database: Database, folder: Path, origin: str | None = None) -> None:
        with closing(socket.socket()) as nobody:
            nobody.bind(("127.0.0.1", 0))
            self.origin = origin or f"http://127.0.0.1:{nobody.getsockname()[1]}"
        self.database, self.folder = database, folder
        signing = signing_of(folder, self.origin)
        self.ground = Ground(site=self.origin, database=database, signing=signing, visas=Stamped(signing))
        login = f"own{uuid4().hex}"
        self.account = Identities(database).add(login, PASSWORD)
        self.login = login

    def token(self, *audiences: str, allowed: tuple[str, ...] = SCOPE) -> str:
        """An access token of the account."""
        from passport_broker.domain.clients import GRANTS, Client
        from passport_broker.service import Clients

        named = f"c{uuid4().hex}"
        client = Client(named, named, None, (), (GRANTS["credentials"],), SCOPE, (), (), "RS256")
        if named not in {each.id for each in Clients(self.database).all()}:
            Clients(self.database).add(client, public=False)
        minting = Minting(self.ground_with_settings)  # type: ignore[arg-type]
        family = minting.family(named, User(self.account, 1_800_000_000), allowed, audiences, offline=False)
        self.family = family.id
        return str(minting.access(family, named, allowed, audiences or (self.origin,))["access_token"])

    @property
    def ground_with_settings(self) -> object:
        from types import SimpleNamespace

        return SimpleNamespace(
            settings=PassportSettings(), signing=self.ground.signing, database=self.database,
            issuer=self.ground.issuer, now=self.ground.now, site=self.origin,
        )  # fmt: skip


@pytest.fixture
def alone(broker_database: Database, tmp_path: Path) -> Alone:
    return Alone(broker_database, tmp_path)


@contextmanager
def believing(alone: Alone) -> Iterator[Clearinghouse]:
    """The site's clearinghouse, as it is now."""
    http = OwnHttp(alone.ground)
    file = TrustFile(path_in(alone.folder))
    yield Clearinghouse(OwnTrust(alone.ground, file.current).current, http)
    http.close()


@pytest.fixture
def house(alone: Alone) -> Iterator[Clearinghouse]:
    with believing(alone) as found:
        yield found


def test_a_site_believes_its_own_broker_without_the_network(alone: Alone, house: Clearinghouse) -> None:
    caller = house.identify(f"Bearer {alone.token()}")
    assert caller.identity == Identity(f"{alone.origin}/passport", alone.account.subject)
    assert [(each.type, each.value, each.source) for each in caller.visas] == [
        ("ResearcherStatus", REGISTERED, "https://site.example")
    ]
    assert caller.turned == ()


def test_a_site_without_a_broker_believes_nobody(alone: Alone) -> None:
    http = Http()
    with pytest.raises(TokenRefused):
        open_clearinghouse(alone.folder, http).identify(f"Bearer {alone.token()}")
    http.close()


def test_its_own_tokens_have_to_be_for_it_and_hold(alone: Alone, house: Clearinghouse) -> None:
    with pytest.raises(TokenRefused):
        house.identify(f"Bearer {alone.token(SITE_B)}")
    token = alone.token()
    families.revoke(alone.database, alone.family)
    with pytest.raises(TokenRefused):
        house.identify(f"Bearer {token}")
    token = alone.token()
    Identities(alone.database).disable(alone.login)
    with pytest.raises(TokenRefused):
        house.identify(f"Bearer {token}")


def test_what_the_trust_file_says_of_this_broker_counts_instead(alone: Alone) -> None:
    issuer = f"{alone.origin}/passport"
    path = path_in(alone.folder)
    path.parent.mkdir()
    path.write_text(
        f'audiences = ["x"]\n[[broker]]\nissuer = "{issuer}"\njwks_uri = "{issuer}/jwks"\nvisas = "none"\n'
    )
    with believing(alone) as found:
        caller = found.identify(f"Bearer {alone.token()}")
    assert caller.visas == ()


def test_no_file_can_make_somebody_else_s_visas_our_own(tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(
        '[[visa_issuer]]\nissuer = "https://x.example"\njku = ["https://x.example/jwks"]\nown = true\n'
    )
    with pytest.raises(TrustInvalid, match="no such field"):
        read_trust(path)


def test_others_are_believed_no_more_than_before(alone: Alone) -> None:
    with Issuer() as other:
        path = path_in(alone.folder)
        path.parent.mkdir()
        path.write_text(
            f'audiences = ["{alone.origin}"]\n[[broker]]\nissuer = "{other.url}"\n'
            f'[[visa_issuer]]\nissuer = "{other.url}"\njku = ["{other.jku}"]\n'
        )
        other.gives("eve", [other.visa("eve", said={"source": alone.origin})])
        with believing(alone) as found:
            caller = found.identify(f"Bearer {other.access_token('eve', aud=alone.origin)}")
            assert found.identify(f"Bearer {alone.token()}").visas
    assert caller.visas == ()
    assert [each.rule for each in caller.turned] == ["untrusted-source"]


@pytest.mark.parametrize("way", ["userinfo", "exchange"])
def test_a_second_site_accepts_them_by_the_public_metadata_alone(
    broker: Broker, tmp_path: Path, way: str
) -> None:
    login, account = broker.account()
    token = tokens(broker, login, broker.client(audiences=(SITE_B,)))["access_token"]
    secret = ""
    if way == "exchange":
        client = broker.client("exchange", serves=(SITE_B,))
        file = tmp_path / "governance" / "broker.secret"
        file.parent.mkdir()
        file.touch(0o600)
        file.write_text(broker.secrets[client])
        secret = f'client_id = "{client}"\nclient_secret_file = "broker.secret"\n'
    path = path_in(tmp_path)
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f'audiences = ["{SITE_B}"]\n[[broker]]\nissuer = "{broker.issuer}"\n{secret}'
        f'[[visa_issuer]]\nissuer = "{broker.issuer}"\njku = ["{broker.issuer}/jwks"]\n'
        '[sources]\nResearcherStatus = ["https://site.example"]\n'
    )
    http = Http()
    house = Clearinghouse(TrustFile(path).current, http)
    caller = house.identify(f"Bearer {token}")
    http.close()
    assert caller.identity == Identity(broker.issuer, account.subject)
    assert [each.value for each in caller.visas] == [REGISTERED]
