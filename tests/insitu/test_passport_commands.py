"""`insitu account`, `client` and `keys`, and the broker of a site that runs."""

import json
import secrets
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from database.engine import Database
from insitu import command
from insitu.exits import Exit
from insitu.origin import origin_of
from insitu.web import SERVICES, servable
from passport_broker.app import signing_of
from serving.settings import ServingSettings
from tests.conftest import new_database
from tests.insitu.running import Sites
from tests.passport_broker.running import Broker, tokens

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A database of its own: the trail belongs to one data folder."""
    with new_database(postgres_url, f"test_passport_{secrets.token_hex(4)}") as url:
        yield url


@pytest.fixture
def said(
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Said:
    monkeypatch.setenv("INSITU_DATABASE_URL", database_url)
    monkeypatch.setenv("INSITU_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = command.main(list(arguments))
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": 9}, "http://[::1]:9"),
        ({"host": "0.0.0.0"}, None),  # noqa: S104
        ({"host": "0.0.0.0", "public_url": "https://site.example/"}, "https://site.example"),  # noqa: S104
        ({"public_url": "http://site.example"}, None),
        ({"host": "localhost", "port": 8081}, "http://localhost:8081"),
    ],
)
def test_the_site_s_address_is_known_or_said(settings: dict[str, Any], origin: str | None) -> None:
    assert origin_of(ServingSettings(**settings)) == origin


def test_a_site_that_does_not_know_its_address_has_no_broker(said: Said) -> None:
    assert servable(SERVICES, None) == ["beacon", "drs", "registry"]
    assert servable(SERVICES, "https://site.example") == ["beacon", "drs", "passport", "registry"]
    for arguments in (["serve", "passport", "--host", "0.0.0.0"],):  # noqa: S104
        code, _, err = said(*arguments)
        assert (code, "INSITU_SERVING_PUBLIC_URL" in err) == (Exit.UNAVAILABLE, True)


def test_an_account_is_made_listed_disabled_and_enabled(said: Said, tmp_path: Path) -> None:
    code, out, err = said(
        "account", "add", "Ada@Site.example", "--name", "Ada Example", "--generate", "--json"
    )
    assert (code, err) == (Exit.OK, "")
    made = json.loads(out)
    assert made["issuer"] == "http://127.0.0.1:8080/passport"
    assert len(made["password"]) >= 20
    assert said("account", "add", "ada@site.example", "--generate")[0] == Exit.REFUSED
    for arguments, word in ((["bad login!"], "a login is"), (["ok", "--email", "x"], "no email address")):
        code, _, err = said("account", "add", *arguments, "--generate")
        assert code == Exit.REFUSED
        assert word in err
    short = tmp_path / "short"
    short.write_text("short\n")
    assert "12 to 200" in said("account", "add", "eve", "--password-file", str(short))[2]
    assert said("account", "disable", "ada@site.example")[0] == Exit.OK
    listed = json.loads(said("account", "list", "--json")[1])
    assert [(each["login"], each["subject"], each["disabled"]) for each in listed] == [
        ("ada@site.example", made["subject"], True)
    ]
    assert said("account", "enable", "ada@site.example")[0] == Exit.OK
    long = tmp_path / "long"
    long.write_text("a long enough password\n")
    assert said("account", "password", "ada@site.example", "--password-file", str(long))[0] == Exit.OK
    for verb in ("disable", "enable"):
        code, _, err = said("account", verb, "nobody")
        assert (code, "insitu account list" in err) == (Exit.REFUSED, True)
    trail = said("audit", "show", "--json")[1]
    for what in ("account.added", "account.disabled", "account.enabled", "account.password"):
        assert what in trail
    for secret in ("ada@site", made["password"], made["subject"], "long enough", "Ada Example"):
        assert secret not in trail


def test_a_client_is_registered_shown_and_removed(said: Said) -> None:
    code, out, err = said("client", "add", "portal", "--redirect", "https://portal.example/callback")
    assert code == Exit.OK
    secret = out.strip()
    assert len(secret) == 43
    assert "not shown again" in err
    code, out, _ = said("client", "add", "cli", "--public", "--grant", "device", "--json")
    assert json.loads(out) == {"client_id": "cli", "client_secret": None}
    listed = said("client", "list", "--json")[1]
    assert [(each["id"], each["grants"], each["public"]) for each in json.loads(listed)] == [
        ("cli", ["device"], True), ("insitu-cli", ["device", "refresh"], True),
        ("portal", ["code", "refresh"], False),
    ]  # fmt: skip
    known = {each["id"]: set(each["scopes"]) for each in json.loads(listed)}
    powers = {"access:apply", "access:decide", "visa:manage"}
    assert (known["portal"] & powers, known["insitu-cli"] & powers) == (set(), powers)
    assert secret not in listed
    assert "secret" not in json.loads(listed)[0]
    assert said("client", "add", "cli", "--public", "--grant", "device")[0] == Exit.REFUSED
    for wrong in (
        ["x", "--redirect", "http://portal.example/cb"], ["x", "--redirect", "https://a.example/#f"],
        ["x", "--redirect", "javascript:alert(1)"], ["x"], ["x y", "--grant", "credentials"],
        ["x", "--public", "--grant", "exchange"], ["x", "--grant", "refresh"],
        ["x", "--grant", "credentials", "--scope", "a b"],
    ):  # fmt: skip
        assert said("client", "add", *wrong)[0] == Exit.REFUSED, wrong
    assert said("client", "remove", "cli")[0] == Exit.OK
    assert said("client", "remove", "cli")[0] == Exit.REFUSED
    trail = said("audit", "show", "--json")[1]
    assert "client.added" in trail
    assert "client.removed" in trail
    assert secret not in trail


def test_keys_are_listed_and_rotated(said: Said, tmp_path: Path) -> None:
    first = json.loads(said("keys", "list", "--json")[1])
    assert sorted((each["algorithm"], each["state"]) for each in first) == [
        ("ES256", "signs"),
        ("RS256", "signs"),
    ]
    assert said("keys", "rotate")[0] == Exit.OK
    second = json.loads(said("keys", "list", "--json")[1])
    assert sorted(each["state"] for each in second) == ["signs", "signs", "waits", "waits"]
    assert said("keys", "rotate", "--now")[0] == Exit.OK
    third = json.loads(said("keys", "list", "--json")[1])
    assert {each["kid"] for each in third} & {each["kid"] for each in second} == set()
    assert "keys.rotated" in said("audit", "show", "--json")[1]
    folder = tmp_path / "data" / "keys" / "passport"
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def _asked_with_a_token_of_its_own(url: str, database_url: str, folder: Path) -> Iterator[httpx.Response]:
    """Answers of both processes to somebody who logged in at the site, each time anew."""
    database = Database(database_url)
    broker = Broker(url, database, folder, signing_of(folder, url))
    login, _ = broker.account()
    client = broker.client()
    for _ in range(4):
        given = tokens(broker, login, client, scope="openid ga4gh_passport_v1 offline_access")
        form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        fresh = broker.token(client, **form).json()
        headers = {"authorization": f"Bearer {fresh['access_token']}"}
        yield httpx.get(f"{url}/ga4gh/beacon/v2/g_variants", headers=headers)
    database.dispose()


@pytest.mark.slow
def test_a_running_site_has_a_broker_of_its_own(
    start: Sites, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSITU_DATABASE_URL", database_url)
    site = start(tmp_path / "data", ["site", "--port", "0", "--processes", "2"]).ready()
    issuer = site.url + "/passport"
    assert f"passport answers on {issuer}" in "\n".join(site.said)
    found = httpx.get(f"{issuer}/.well-known/openid-configuration").json()
    assert found["issuer"] == issuer
    assert len(httpx.get(found["jwks_uri"]).json()["keys"]) == 2
    assert httpx.get(f"{issuer}/login").headers["x-request-id"]
    for answer in _asked_with_a_token_of_its_own(site.url, database_url, tmp_path / "data"):
        assert answer.status_code == 200, answer.text
    anybody = {"authorization": "Bearer e.e.e"}
    assert httpx.get(f"{site.url}/ga4gh/beacon/v2/g_variants", headers=anybody).status_code == 401
    assert site.end(signal.SIGTERM) == Exit.OK
    log = "".join(each.read_text() for each in (tmp_path / "data" / "logs").glob("*.log*"))
    assert "path=/passport/login" in log
