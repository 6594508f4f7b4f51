"""`insitu trust`: what it says of files, servers and visas."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from database.engine import Database
from database.migrations import migrate
from governance.audit.trail import Trail
from insitu import command
from insitu.exits import Exit
from insitu.house import ROOMS
from passport_broker.app import signing_of
from passport_broker.service import OPERATOR, desk_of
from passport_broker.store import families
from tests.issuer import ABSENT, CLIENT, SECRET, Issuer, trust_text
from tests.passport_broker.access.saying import wanted
from tests.passport_broker.test_own_site import Alone

GRANT = "https://data.example/1"
OWN = "http://127.0.0.1:8080/passport"


@pytest.fixture
def broker() -> Iterator[Issuer]:
    with Issuer("RS256") as issuer:
        yield issuer


@pytest.fixture
def visas() -> Iterator[Issuer]:
    with Issuer("ES256") as issuer:
        yield issuer


@pytest.fixture
def data_dir(tmp_path: Path, broker: Issuer, visas: Issuer) -> Path:
    trusting(tmp_path, trust_text([broker], [visas], issuer_lines=f'subjects_of = "{broker.url}"'))
    tmp_path.chmod(0o700)
    return tmp_path


def trusting(folder: Path, text: str) -> None:
    path = folder / "governance" / "trust.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


@pytest.fixture
def said(
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    fresh_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Runs `insitu trust ...` and gives its code, standard output and standard error."""
    monkeypatch.setenv("INSITU_DATABASE_URL", fresh_database_url)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = command.main(["trust", *arguments, "--data-dir", str(data_dir)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_site_whose_servers_answer_is_well(said: Any, broker: Issuer, visas: Issuer) -> None:
    code, out, _ = said("check")
    assert code == Exit.OK
    assert [line.split()[0] for line in out.splitlines()] == ["ok"] * 5
    assert f"{broker.jku}: RS256 key-1" in out
    assert f"userinfo, from {broker.url}/userinfo" in out
    assert f"{visas.jku}: ES256 key-1" in out


def test_what_does_not_work_is_named(
    said: Any, data_dir: Path, broker: Issuer, visas: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.configuration = {"issuer": broker.url + "/", "jwks_uri": "https://elsewhere.example/jwks"}
    visas.answers["/jwks"] = lambda handler: handler.says({"keys": [{"kty": "oct", "k": "AAAA", "kid": "k"}]})
    code, out, _ = said("check", "--json")
    bad = [each["detail"] for each in json.loads(out) if not each["ok"]]
    assert code == Exit.UNAVAILABLE
    assert f"another issuer, {broker.url}/" in bad[0]
    assert "secret key" in bad[2]
    broker.configuration = {"jwks_uri": "https://elsewhere.example/jwks"}
    assert "another server: write it into the trust file as jwks_uri" in said("check")[1]
    trusting(data_dir, trust_text([], [visas], types=[]))
    assert "every token will be refused" not in said("check")[1]  # those of its own broker are not
    monkeypatch.setenv("INSITU_PASSPORT_TRUSTED", "false")
    code, out, _ = said("check")
    assert "every token will be refused" in out
    assert "none of its visas will count" in out


def client_lines(data_dir: Path) -> str:
    secret = data_dir / "governance" / "broker.secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    return f'client_id = "{CLIENT}"\nclient_secret_file = "broker.secret"'


def test_the_registration_at_a_broker_is_tried(
    said: Any, data_dir: Path, broker: Issuer, visas: Issuer
) -> None:
    trusting(data_dir, trust_text([broker], [visas], broker_lines=client_lines(data_dir)))
    code, out, _ = said("check")
    assert code == Exit.OK
    assert f"ok    client at {broker.url}: takes the credentials of {CLIENT}" in out
    for told in ((401, "invalid_client"), (400, "unauthorized_client"), (400, "unsupported_grant_type")):
        broker.answers["/token"] = lambda handler, told=told: handler.says({"error": told[1]}, told[0])
        code, out, _ = said("check")
        assert code == Exit.UNAVAILABLE
        assert f"FAIL  client at {broker.url}" in out
        assert told[1] in out
        assert "registration" in out
    assert SECRET not in out


def test_an_issuer_whose_subjects_are_nobody_s_is_named(
    said: Any, data_dir: Path, broker: Issuer, visas: Issuer
) -> None:
    trusting(data_dir, trust_text([broker], [visas], types=["ControlledAccessGrants"]))
    code, out, _ = said("check")
    assert code == Exit.UNAVAILABLE
    assert f"FAIL  visas of {visas.url}" in out
    assert "`subjects_of`" in out
    trusting(data_dir, trust_text([broker], [visas]))  # with LinkedIdentities
    assert said("check")[0] == Exit.OK


def test_one_of_several_issuers_that_may_say_everything_is_named(
    said: Any, data_dir: Path, broker: Issuer, visas: Issuer
) -> None:
    assert "careful" not in said("check")[1]  # of one there is nobody else to speak for
    trusting(data_dir, trust_text([broker], [visas, broker]))
    code, out, _ = said("check")
    assert code == Exit.OK
    assert out.count("careful") == 2
    assert "two accounts are one person" in out
    trusting(data_dir, trust_text([broker], [visas, broker], issuer_lines='types = ["ResearcherStatus"]'))
    assert "careful" not in said("check")[1]


def test_a_broker_whose_tokens_may_be_anybody_s_is_named(
    said: Any, data_dir: Path, broker: Issuer, visas: Issuer
) -> None:
    lines = "requires_audience = false"
    trusting(data_dir, trust_text([broker], [visas], broker_lines=lines))
    assert "`clients` names those" in said("check")[1]
    for more in ('\nclients = ["workbench"]', '\nvisas = "none"'):
        trusting(data_dir, trust_text([broker], [visas], broker_lines=lines + more))
        assert "careful" not in said("check")[1]


def test_addresses_that_cannot_be_are_named(said: Any, data_dir: Path, broker: Issuer, visas: Issuer) -> None:
    for host in ("visas..example", "a" * 64 + ".example", "xn--a.example"):
        text = trust_text([broker], [visas]).replace(visas.jku, f"https://{host}/jwks")
        trusting(data_dir, text)
        code, _, err = said("check")
        assert code == Exit.REFUSED
        assert "visa_issuer 1: jku 1: names a host that no host can be called" in err


def test_what_a_visa_lacks_in_the_trust_file_is_told(
    said: Any, tmp_path: Path, broker: Issuer, visas: Issuer
) -> None:
    with Issuer("ES256", 7) as stranger:
        hostile = {"jku": "https://keys.example/\x1b[31m", "kid": "of-a-stranger"}
        broker.gives("alice", [stranger.visa("alice's", header=hostile), visas.visa("alice"), "no visa"])
        file = tmp_path / "token.txt"
        file.write_text(broker.access_token("alice"))
        out = said("explain", str(file))[1]
        signed = f", iss {stranger.url}, sub alice's, jku https://keys.example/?[31m, kid of-a-stranger"
        assert signed in out
        assert "\x1b" not in out
        found = json.loads(said("explain", str(file), "--json")[1])["visas"]
        assert [each["issuer"] for each in found] == [visas.url, stranger.url, ""]
        assert found[0]["jku"] == visas.jku


def test_a_broker_that_is_asked_for_no_visas_is_told(
    said: Any, data_dir: Path, tmp_path: Path, broker: Issuer
) -> None:
    trusting(data_dir, trust_text([broker], [], broker_lines='visas = "none"\nclients = ["workbench"]'))
    file = tmp_path / "token.txt"
    file.write_text(broker.access_token("alice", scope="openid"))
    out = said("explain", str(file))[1]
    assert 'no visas: its broker is asked for no visas: the trust file says visas = "none"' in out
    assert "only of the programs: workbench" in said("show")[1]


def test_a_file_can_be_looked_at_alone(
    said: Any, data_dir: Path, broker: Issuer, visas: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said("check", "--offline")[0] == Exit.OK
    assert broker.total + visas.total == 0
    trusting(data_dir, "skew = 600")
    code, _, err = said("check", "--offline")
    assert (code, "skew" in err) == (Exit.REFUSED, True)
    (data_dir / "governance" / "trust.toml").unlink()
    code, out, _ = said("check")
    assert (code, "nobody else is believed" in out, OWN in out) == (Exit.OK, True, True)
    monkeypatch.setenv("INSITU_PASSPORT_TRUSTED", "false")
    code, _, err = said("check")
    assert (code, "docs/passports.md" in err) == (Exit.REFUSED, True)


def test_trust_is_shown(said: Any, broker: Issuer, visas: Issuer) -> None:
    code, out, _ = said("show")
    assert code == Exit.OK
    assert f"{broker.url} (visas by userinfo, audience required)" in out
    assert json.loads(said("show", "--json")[1])["visa_issuer"][0]["jku"] == [visas.jku]


def test_each_visa_is_explained(said: Any, tmp_path: Path, broker: Issuer, visas: Issuer) -> None:
    now = int(time.time())
    given = [visas.visa("alice", value=GRANT), visas.visa("alice", iat=now - 100, exp=now - 90),
             visas.visa("alice", said={"by": ABSENT, "value": "https://data.example/\x1b[31m"})]  # fmt: skip
    broker.gives("alice", given)
    token = tmp_path / "token.txt"
    for text in (broker.access_token("alice"), broker.passport("alice", given)):
        token.write_text(f"Bearer {text}\n")
        code, out, _ = said("explain", str(token))
        assert code == Exit.OK
        lines = out.splitlines()
        assert f"of: alice at {broker.url}" in lines[0]
        assert any(line.startswith(f"counts   ControlledAccessGrants {GRANT}, of") for line in lines)
        assert any("[expired]" in line and line.startswith("ignored  Controlled") for line in lines)
        assert any("[value]" in line for line in lines)
        assert "registered access: no, no visa AcceptedTermsAndPolicies https://doi.org/10.1038" in out
        assert "\x1b" not in out
        assert not any(part in out for part in text.split("."))
    found = json.loads(said("explain", str(token), "--json")[1])
    assert [each["rule"] for each in found["visas"]] == ["counts", "expired", "value"]
    assert found["caller"]["identity"] == {"issuer": broker.url, "subject": "alice"}


def test_what_counts_is_shown_in_full(said: Any, tmp_path: Path, broker: Issuer, visas: Issuer) -> None:
    file, value = tmp_path / "passport.txt", "faculty@" + "x" * 1000
    file.write_text(broker.passport("alice", [visas.visa("alice", "AffiliationAndRole", value)]))
    assert value in said("explain", str(file))[1]


def test_a_visa_is_explained_by_itself(said: Any, tmp_path: Path, visas: Issuer) -> None:
    file = tmp_path / "visa.txt"
    file.write_text(visas.visa("alice"))
    assert "\ncounts   ControlledAccessGrants" in said("explain", str(file))[1]
    file.write_text(visas.visa("alice", said={"source": "https://else.example"}))
    assert "[untrusted-source]" in said("explain", str(file))[1]


@pytest.mark.parametrize("text", ["", "x", "a.b.c"])
def test_a_token_that_is_refused_ends_so(said: Any, tmp_path: Path, text: str) -> None:
    file = tmp_path / "token.txt"
    file.write_text(text)
    code, out, err = said("explain", str(file))
    assert (code, out) == (Exit.REFUSED, "")
    assert "not accepted" in err


def test_a_token_file_that_is_not_there_is_one_line(said: Any) -> None:
    code, _, err = said("explain", "/nowhere/token")
    assert code == Exit.USAGE
    assert "/nowhere/token" in err


def test_the_site_s_own_broker_is_checked_and_shown(
    said: Any, data_dir: Path, broker: Issuer, visas: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    believed = f"{OWN} is believed without a word in the trust file, for tokens to http://127.0.0.1:8080"
    assert f"ok    own broker: {believed}; no keys yet" in said("check", "--offline")[1]
    assert not (data_dir / "keys" / "passport").exists()
    assert f"own broker:  {believed}" in said("show")[1]
    about = {"issuer": OWN, "audience": "http://127.0.0.1:8080", "believed": True}
    assert json.loads(said("show", "--json")[1])["own_broker"] == about
    signing_of(data_dir, "http://127.0.0.1:8080").jwks()
    assert re.search(r"; keys ES256 \S+, RS256 \S+$", said("check", "--offline")[1], re.MULTILINE)
    trusting(data_dir, f'audiences = ["x"]\n[[broker]]\nissuer = "{OWN}"\n')
    assert "is believed as the trust file says" in said("check", "--offline")[1]
    monkeypatch.setenv("INSITU_PASSPORT_TRUSTED", "false")
    trusting(data_dir, trust_text([broker], [visas]))
    assert f"{OWN} is not believed here" in said("show")[1]
    monkeypatch.setenv("INSITU_SERVING_HOST", "0.0.0.0")  # noqa: S104 - nobody listens
    out = said("check", "--offline")[1]
    assert "careful: passport is not served: say with INSITU_SERVING_PUBLIC_URL" in out


def test_a_token_of_the_site_s_own_broker_is_explained(
    said: Any, data_dir: Path, tmp_path: Path, fresh_database_url: str
) -> None:
    """By the site's own keys, assertions and revocations, though nothing answers on its port."""
    database = Database(fresh_database_url)
    migrate(database, ROOMS)
    trail = Trail(database, data_dir)
    alone = Alone(database, data_dir, "http://127.0.0.1:8080")
    desk = desk_of(database, trail, OWN)
    made = desk.issue(wanted(alone.account.subject, int(time.time()), value=GRANT), OPERATOR)
    file = tmp_path / "token.txt"
    file.write_text(alone.token())
    code, out, _ = said("explain", str(file))
    assert code == Exit.OK
    assert f"of: {alone.account.subject} at {OWN}" in out
    assert f"counts   ControlledAccessGrants {GRANT}" in out
    desk.revoke(made.id, "a mistake", OPERATOR)
    assert GRANT not in said("explain", str(file))[1]
    families.revoke(database, alone.family)
    code, _, err = said("explain", str(file))
    assert (code, "revoked" in err) == (Exit.REFUSED, True)
    trail.close()
    database.dispose()
