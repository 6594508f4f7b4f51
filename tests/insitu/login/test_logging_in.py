"""The command line's login, from its code to its end, at a running broker."""

import json
import multiprocessing
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from insitu import command
from insitu.exits import Exit, Stop
from insitu.login.exchanging import passport
from insitu.login.keeping import Keeping
from insitu.login.person import person
from insitu.login.session import Session
from insitu.login.tokens import Client, TokenRefused
from passport_broker.errors import ClientInvalid
from passport_broker.provider.entities import KnownClient
from passport_broker.service import Clients
from passport_broker.store import clients
from tests.insitu.login.conftest import allows, claims, logged_in
from tests.passport_broker.access.saying import DATA
from tests.passport_broker.access.walking import Walk
from tests.passport_broker.running import SITE_B

ROOT = Path(__file__).parents[3]
SITE_C = "https://site-c.example"


def test_a_whole_login_as_a_person_types_it(
    walk: Walk, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, subject = walk.person()
    program = subprocess.Popen(
        [sys.executable, "-m", "insitu", "login", walk.broker.url],
        cwd=ROOT, env=os.environ | {"XDG_STATE_HOME": str(state.parents[1])},
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stderr is not None
    said = [program.stderr.readline() for _ in range(3)]
    address = said[1].removeprefix("or open ").strip()
    page = reader.open(address)
    page = reader.form(page, "/device", user_code=address.partition("user_code=")[2])
    assert "Insitu command line" in page.text
    assert walk.broker.url in page.text
    reader.form(page, "/device/decision", decision="allow")
    out, err = program.communicate(timeout=60)
    assert (program.returncode, out) == (Exit.OK, "")
    assert f"You are {subject} at {walk.broker.issuer} until " in err

    assert command.main(["whoami", "--json"]) == Exit.OK
    [who] = json.loads(capsys.readouterr().out)
    assert (who["subject"], who["name"], who["audiences"]) == (subject, "Ada Example", [walk.broker.url])
    assert who["ends"] - time.time() == pytest.approx(30 * 86_400, abs=120)
    assert command.main(["token"]) == Exit.OK
    token = capsys.readouterr().out.strip()
    assert claims(token)["aud"] == walk.broker.url
    assert walk.house.identify(f"Bearer {token}").identity is not None
    assert command.main(["token", "--passport"]) == Exit.REFUSED
    assert "--secret-file" in capsys.readouterr().err
    refresh = Keeping(state).of(walk.broker.issuer).refresh  # type: ignore[union-attr]
    assert command.main(["logout"]) == Exit.OK
    assert list(state.glob("*.json")) == []
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert walk.broker.token("insitu-cli", **form).json()["error"] == "invalid_grant"
    assert command.main(["whoami"]) == Exit.REFUSED


def test_a_login_that_is_refused_and_one_that_was_never_allowed(walk: Walk, session: Session) -> None:
    from insitu.login import device
    from insitu.login.metadata import discovered

    reader, _ = walk.person()
    metadata, client = discovered(walk.broker.issuer, session.calls), Client("insitu-cli")
    code = device.begin(session.calls, metadata, client, ("openid",), ())
    allows(reader, code, "refuse")
    with pytest.raises(TokenRefused, match="access_denied"):
        device.wait(session.calls, metadata, client, code, sleep=lambda _: None)
    ticks = iter(range(0, 10_000, 60))
    code = device.begin(session.calls, metadata, client, ("openid",), ())
    with pytest.raises(TokenRefused, match="code was not typed in"):
        device.wait(session.calls, metadata, client, code, sleep=lambda _: None, clock=lambda: next(ticks))
    assert session.keeping.issuers() == []


def refreshing(folder: str, issuer: str, times: int, queue: object) -> None:
    session = Session(Keeping(Path(folder)))
    login = session.keeping.of(issuer)
    assert login is not None
    found = [session.token(login, fresh=True) for _ in range(times)]
    queue.put(found)  # type: ignore[attr-defined]


def test_processes_that_refresh_at_once_do_not_end_the_login(
    walk: Walk, session: Session, state: Path
) -> None:
    reader, subject = walk.person()
    login = logged_in(session, walk, reader)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    several = [
        context.Process(target=refreshing, args=(str(state), login.issuer, 5, queue)) for _ in range(3)
    ]
    for each in several:
        each.start()
    found = [token for _ in several for token in queue.get(timeout=120)]
    for each in several:
        each.join()
    assert [each.exitcode for each in several] == [0, 0, 0]
    assert {claims(each)["sub"] for each in found} == {subject}
    kept = session.keeping.of(login.issuer)
    assert kept is not None
    assert session.token(kept, fresh=True)
    assert [path.name for path in state.iterdir() if path.name.startswith(".")] == []


def test_a_token_of_another_site_is_for_it_alone_and_ends_with_its_visas(
    walk: Walk, session: Session
) -> None:
    reader, _ = walk.person()
    login = logged_in(session, walk, reader, SITE_B, SITE_C + "/")
    assert login.audiences == (walk.broker.url, SITE_B, SITE_C)
    for site, seconds in ((walk.broker.url, 900), (SITE_B, 30), (SITE_C, 30)):
        found = claims(session.token(login, site))
        assert (found["aud"], found["exp"] - found["iat"]) == (site, seconds)
    kept = session.keeping.of(login.issuer)
    assert kept is not None
    assert session.token(kept, SITE_B) == kept.access[SITE_B].token
    with pytest.raises(Stop, match=r"is not for https://site-d.example: insitu login .* --for"):
        session.token(kept, "https://site-d.example")


def test_visas_for_another_site_hold_as_long_as_the_token(walk: Walk, session: Session) -> None:
    from passport_broker.service import OPERATOR
    from tests.passport_broker.access.saying import wanted

    reader, subject = walk.person()
    now = int(time.time())
    walk.access.desk.issue(wanted(subject, now, value=DATA), OPERATOR)
    login = logged_in(session, walk, reader, SITE_B)
    [before] = person(session, login).visas
    assert (before.type, before.value, before.issuer) == ("ControlledAccessGrants", DATA, login.issuer)
    time.sleep(2.1)
    token = session.token(login, SITE_B)
    headers = {"authorization": f"Bearer {token}"}
    [visa] = httpx.get(f"{login.issuer}/userinfo", headers=headers).json()["ga4gh_passport_v1"]
    assert before.ends is not None
    assert claims(visa)["exp"] > before.ends
    assert claims(visa)["exp"] >= claims(token)["exp"]


def test_a_client_with_a_secret_exchanges(walk: Walk, session: Session) -> None:
    reader, subject = walk.person()
    made = walk.broker.client("device", "refresh", "exchange", audiences=(walk.broker.url, SITE_B))
    secret = Client(made, walk.broker.secrets[made])
    login = logged_in(session, walk, reader, client=secret)
    assert login.audiences == (walk.broker.url,)
    found = claims(session.token(login, SITE_B))
    assert (found["aud"], found["sub"], found["act"]) == (SITE_B, subject, {"sub": made})
    assert found["exp"] - found["iat"] == 30
    with pytest.raises(TokenRefused, match="invalid_target"):
        session.token(login, SITE_C)
    text = passport(session.calls, login, session.token(login))
    assert claims(text)["sub"] == subject
    assert secret.secret not in repr(login) + repr(session.keeping.of(login.issuer))  # type: ignore[operator]


def test_a_login_that_the_person_took_back_says_so_and_is_forgotten(walk: Walk, session: Session) -> None:
    reader, _ = walk.person()
    login = logged_in(session, walk, reader)
    page = reader.open("account")
    reader.form(page, "/account/withdraw", client="insitu-cli")
    with pytest.raises(Stop, match="has ended: insitu login"):
        session.token(login, fresh=True)
    assert session.keeping.of(login.issuer) is None


def test_an_operator_can_turn_the_command_line_off(walk: Walk, session: Session) -> None:
    from dataclasses import replace

    reader, _ = walk.person()
    register = Clients(walk.broker.database)
    [ours] = [each for each in register.all() if each.id == "insitu-cli"]
    assert (ours.public, ours.redirect_uris, ours.serves, len(ours.grants)) == (True, (), (), 2)
    login = logged_in(session, walk, reader)
    register.remove("insitu-cli")
    try:
        with pytest.raises(TokenRefused, match="does not know this client"):
            session.token(login, fresh=True)
        with pytest.raises(TokenRefused, match="--client"):
            logged_in(session, walk, reader)
    finally:
        register.add(replace(ours, since=None), public=True)
    assert logged_in(session, walk, reader).subject == login.subject


def test_files_of_logins_are_nobody_else_s(walk: Walk, session: Session, state: Path) -> None:
    reader, _ = walk.person()
    login = logged_in(session, walk, reader)
    [file] = state.glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path, mode, right in ((file, 0o640, 0o600), (state, 0o755, 0o700)):
        path.chmod(mode)
        with pytest.raises(Stop, match="others can look into"):
            session.keeping.of(login.issuer)
        with pytest.raises(Stop, match="others can look into"):
            session.token(login, fresh=True)
        path.chmod(right)
    target = file.rename(state / "elsewhere")
    file.symlink_to(target)
    with pytest.raises((Stop, OSError)):
        session.keeping.of(login.issuer)
    file.unlink()
    file.write_text("{}")
    file.chmod(0o600)
    with pytest.raises(Stop, match="log in again"):
        session.keeping.issuers()


def test_relative_state_folders_do_not_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from insitu.login.keeping import folder

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "here")
    assert folder() == tmp_path / ".local/state/insitu/logins"




@pytest.mark.parametrize(
    "resource",
    [["not a site"], ["http://site-b.example"], ["*"], ["https://b.example/\x07"], ["https://u:p@b.example"],
     [f"https://s{number}.example" for number in range(51)], ["https://b.example/" + "x" * 255]],
)  # fmt: skip
def test_a_login_is_for_sites_and_nothing_else(walk: Walk, resource: list[str]) -> None:
    form = {"client_id": "insitu-cli", "scope": "openid", "resource": resource}
    with walk.broker.http() as http:
        answer = http.post("device_authorization", data=form)
    assert answer.json()["error"] in ("invalid_target", "invalid_request")


def test_other_clients_keep_to_the_audiences_that_they_have(walk: Walk) -> None:
    client = walk.broker.client("device", public=True)
    with walk.broker.http() as http:
        form = {"client_id": client, "scope": "openid", "resource": SITE_B}
        assert http.post("device_authorization", data=form).json()["error"] == "invalid_target"
    for grants in (("exchange",), ("device", "exchange"), ("credentials",)):
        with pytest.raises(ClientInvalid, match="name the audiences"):
            walk.broker.client(*grants, audiences=("*",))
    web = walk.broker.client("code", audiences=(SITE_C, "*"))
    known = clients.find(walk.broker.database, web)
    assert known is not None
    assert KnownClient(known, walk.broker.url).chosen([]) == (SITE_C,)
