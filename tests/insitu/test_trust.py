"""`insitu trust`: what it says of files, servers and visas."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from insitu import command
from insitu.exits import Exit
from tests.issuer import ABSENT, Issuer, trust_text

GRANT = "https://data.example/1"


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
    return tmp_path


def trusting(folder: Path, text: str) -> None:
    path = folder / "governance" / "trust.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


@pytest.fixture
def said(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `insitu trust ...` and gives its code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = command.main(["trust", *arguments, "--data-dir", str(data_dir)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_site_whose_servers_answer_is_well(said: Any, broker: Issuer, visas: Issuer) -> None:
    code, out, _ = said("check")
    assert code == Exit.OK
    assert [line.split()[0] for line in out.splitlines()] == ["ok"] * 4
    assert f"{broker.jku}: RS256 key-1" in out
    assert f"userinfo, from {broker.url}/userinfo" in out
    assert f"{visas.jku}: ES256 key-1" in out


def test_what_does_not_work_is_named(said: Any, data_dir: Path, broker: Issuer, visas: Issuer) -> None:
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
    code, out, _ = said("check")
    assert "every token will be refused" in out
    assert "none of its visas will count" in out


def test_a_file_can_be_looked_at_alone(said: Any, data_dir: Path, broker: Issuer, visas: Issuer) -> None:
    assert said("check", "--offline")[0] == Exit.OK
    assert broker.total + visas.total == 0
    trusting(data_dir, "skew = 600")
    code, _, err = said("check", "--offline")
    assert (code, "skew" in err) == (Exit.REFUSED, True)
    (data_dir / "governance" / "trust.toml").unlink()
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
