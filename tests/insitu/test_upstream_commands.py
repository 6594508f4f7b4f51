"""`insitu upstream`, invitations, and a site that does not start on a file that it cannot understand."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from governance.caller import Identity
from insitu import command
from insitu.exits import Exit
from processes.errors import CannotStart
from tests.conftest import new_database
from tests.passport_broker.upstream.idp import SECRET, Idp
from tests.passport_broker.upstream.visiting import provider, write

Said = Callable[..., tuple[int, str, str]]
ORCID = "0000-0002-1825-0097"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    return folder


@pytest.fixture
def said(
    data: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Said]:
    with new_database(postgres_url, f"test_upstream_{secrets.token_hex(4)}") as url:
        monkeypatch.setenv("INSITU_DATABASE_URL", url)
        monkeypatch.setenv("INSITU_DATA_DIR", str(data))

        def run(*arguments: str) -> tuple[int, str, str]:
            code = command.main(list(arguments))
            return code, *capsys.readouterr()

        yield run


def test_the_file_is_shown_and_checked_without_its_secrets(said: Said, data: Path) -> None:
    code, _, err = said("upstream", "show")
    assert (code, "docs/upstream.md" in err) == (Exit.REFUSED, True)
    with Idp() as idp:
        write(data, provider("idp", idp.url, name="The Hospital"), secrets={"idp": SECRET})
        everything = [said("upstream", "show"), said("upstream", "show", "--json"),
                      said("upstream", "check"), said("upstream", "check", "--json")]  # fmt: skip
        assert [each[0] for each in everything] == [Exit.OK] * 4
        assert SECRET not in str(everything)
        assert "http://127.0.0.1:8080/passport/upstream/idp/callback" in everything[0][1]
        [shown] = json.loads(everything[1][1])["provider"]
        assert shown["redirect_uri"] == "http://127.0.0.1:8080/passport/upstream/idp/callback"
        found = {each["check"]: each["ok"] for each in json.loads(everything[3][1])}
        assert found.pop("idp PKCE")  # careful, and no fault
        assert set(found.values()) == {True}
        assert len(found) == 5
        idp.configuration = {
            "token_endpoint": "https://elsewhere.example/token",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "id_token_signing_alg_values_supported": ["HS256"],
        }
        idp.published = set()
        code, out, _ = said("upstream", "check")
        assert code == Exit.UNAVAILABLE
        for wrong in ("idp token_endpoint", "idp keys", "idp authentication", "idp algorithms"):
            assert f"FAIL  {wrong}" in out, out
        asked = idp.total
        assert said("upstream", "check", "--offline")[0] == Exit.OK
        assert idp.total == asked
    assert said("upstream", "check")[0] == Exit.UNAVAILABLE
    (data / "passport" / "upstream.toml").write_text("[[provider]]\nid = 1\n")
    for arguments in (("upstream", "check"), ("upstream", "show")):
        code, _, err = said(*arguments)
        assert (code, "upstream.toml: provider 1: id" in err) == (Exit.REFUSED, True)
    assert "FAIL  governance" in said("check")[1]


def test_a_site_does_not_start_on_a_file_that_it_cannot_understand(
    said: Said, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from insitu import web
    from passport_broker.upstream.errors import UpstreamInvalid
    from tests.insitu.own_logging import logging_given_back

    assert said("migrate")[0] == Exit.OK
    write(data, provider("idp", "http://idp.example"), secrets={"idp": SECRET})
    with logging_given_back(), pytest.raises((UpstreamInvalid, CannotStart), match="must begin with https"):
        web.create(str(data), ["passport"], broker=False, origin="http://127.0.0.1:9", loopback=True)
    assert monkeypatch is not None


def test_somebody_is_invited_listed_and_taken_away_again(said: Said, data: Path) -> None:
    write(data, provider("orcid", "https://orcid.org"), secrets={"orcid": SECRET})
    code, out, err = said("account", "invite", "orcid", ORCID, "--name", "Ada Example", "--json")
    assert code == Exit.OK, err
    made = json.loads(out)
    assert made["issuer"] == "http://127.0.0.1:8080/passport"
    assert said("account", "invite", "orcid", ORCID)[0] == Exit.REFUSED
    code, _, err = said("account", "invite", "nobody", ORCID)
    assert (code, "insitu upstream show" in err) == (Exit.REFUSED, True)
    assert said("account", "invite", "orcid", "")[0] == Exit.REFUSED
    assert said("account", "add", "ada", "--generate")[0] == Exit.OK
    assert said("account", "invite", "orcid", "0000-0001", "--account", "ada")[0] == Exit.OK
    listed = {each["login"]: each for each in json.loads(said("account", "list", "--json")[1])}
    assert listed[None]["elsewhere"] == [{"issuer": "https://orcid.org", "subject": ORCID}]
    assert (listed[None]["kind"], listed[None]["subject"]) == ("upstream", made["subject"])
    assert [each["subject"] for each in listed["ada"]["elsewhere"]] == ["0000-0001"]
    assert ORCID in said("account", "list")[1]
    [visa] = json.loads(said("visa", "list", "--subject", made["subject"], "--json")[1])
    assert visa["value"] == f"{ORCID},https%3A%2F%2Forcid.org"
    assert said("account", "uninvite", "orcid", "0000-0001")[0] == Exit.OK
    code, _, err = said("account", "uninvite", "orcid", "0000-0001")
    assert (code, "not linked" in err) == (Exit.REFUSED, True)
    code, _, err = said("account", "uninvite", "orcid", ORCID)
    assert (code, "only way to log in" in err) == (Exit.REFUSED, True)
    assert said("account", "disable", "--", made["subject"])[0] == Exit.OK
    assert said("account", "enable", "--", made["subject"])[0] == Exit.OK
    trail = said("audit", "show", "--acts", "--json", "--limit", "50")[1]
    for what in ("account.added", "account.linked", "account.unlinked", "visa.issued", "visa.revoked"):
        assert what in trail
    assert ORCID not in trail
    assert made["subject"] not in trail
    assert said("visa", "verify")[0] == Exit.OK
    assert said("audit", "verify")[0] == Exit.OK
    assert Identity
