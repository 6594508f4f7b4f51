"""Commands that act on a site over HTTP with the login's token, and questions to a second site."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from database.engine import Database
from database.migrations import migrate
from governance.caller import Role
from governance.register import DatasetRegister
from insitu import asking, command
from insitu.exits import Exit, Stop
from insitu.house import ROOMS
from insitu.login.administration import Administration
from insitu.login.calling import Calls
from insitu.login.keeping import Keeping
from insitu.login.remote import Access, Refused, Remote
from insitu.login.session import Session
from passport_broker.service import OPERATOR
from tests.conftest import new_database
from tests.insitu.login.conftest import Second, logged_in, second_site
from tests.issuer import Issuer
from tests.passport_broker.access.applying import registered
from tests.passport_broker.access.saying import DATA, wanted
from tests.passport_broker.access.walking import Walk, walking

Run = Callable[..., tuple[int, str, str]]
ENDS = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
RECORDS = ("g_variants", "--assembly", "GRCh37", "--range", "20:999000-1100000", "--granularity", "record")


@pytest.fixture
def run(state: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `insitu ...` and gives its code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        assert state.parent.name == "insitu"
        capsys.readouterr()
        code = command.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_from_a_refusal_to_the_data_of_a_second_site_and_back(  # noqa: PLR0915, PLR0917 - one story
    walk: Walk, second: Second, session: Session, state: Path, run: Run, tmp_path: Path
) -> None:
    ask = ("ask", second.url)
    code, out, err = run(*ask)
    assert (code, "cohort-1" in out, DATA in out) == (Exit.OK, True, True)
    assert f"no login for {second.url}" in err
    code, _, err = run(*ask, *RECORDS, "--dataset", "cohort-1")
    assert code == Exit.REFUSED
    assert f"it wants a ControlledAccessGrants visa for {DATA}" in err
    assert f"insitu login BROKER --for {second.url}" in err
    code, out, _ = run(*ask, "individuals", "--assembly", "GRCh37", "--range", "20:999999", "--ref", "A",
                       "--alt", "T", "--granularity", "count", "--dataset", "open")  # fmt: skip
    assert code == Exit.OK
    assert "granularity: count" in out
    assert "open\tyes\t" in out

    (ada, ada_id), (dora, _) = walk.person(), walk.person(role=Role.COMMITTEE)
    committee = Session(Keeping(tmp_path / "dora"), sleep=lambda _: None)
    logged_in(session, walk, ada, second.url)
    logged_in(committee, walk, dora)
    code, _, err = run(*ask, *RECORDS, "--dataset", "cohort-1")
    assert (code, "is not open to you" in err, "insitu access offers" in err) == (Exit.REFUSED, True, False)

    plan = tmp_path / "plan.txt"
    plan.write_text("We look at hearts.\n")
    assert run("access", "offers")[1].split() == ["cohort-1", "no-grant", "plain"]
    code, out, err = run("access", "apply", "cohort-1", "--project", str(plan), "--ends", ENDS)
    assert (code, "insitu access change" in err) == (Exit.REFUSED, True)
    draft = err.split("the draft ")[1].split(":")[0]
    code, out, _ = run("access", "change", draft, "--title", "Hearts", "--purpose", "HMB", "--purpose", "NCU")
    assert (code, out.strip()) == (Exit.OK, draft)
    assert "is submitted" in run("access", "submit", draft)[2]
    assert run("access", "decide", draft, "approve", "--why", "mine")[0] == Exit.REFUSED

    site = Remote(walk.broker.url, Access(), committee).known()
    desk = Administration(site)
    assert [each["id"] for each in desk.applications("waiting")] == [draft]
    assert desk.move(draft, "approve", why="A fine question.")["status"] == "active"
    out = run("access", "show", draft)[1]
    assert all(each in out for each in ("Hearts", "active", "We look at hearts.", "A fine question.", ada_id))
    assert f"{draft}\tcohort-1\tactive" in run("access", "list")[1]

    code, out, _ = run(*ask, *RECORDS, "--dataset", "cohort-1")
    assert (code, "granularity: record" in out) == (Exit.OK, True)
    assert "cohort-1\tyes\t" in out
    found = json.loads(run(*ask, *RECORDS, "--dataset", "cohort-1", "--json")[1])
    assert found["meta"]["returnedGranularity"] == "record"
    name = found["response"]["resultSets"][0]["results"][0]["variantInternalId"]
    assert run(*ask, f"g_variants/{name}", "--granularity", "boolean", "--dataset", "cohort-1")[0] == Exit.OK

    # The token that was used ends; another is had, and nobody notices.
    kept = Keeping(state).of(walk.broker.issuer)
    assert kept is not None
    over = {name: replace(each, ends=0) for name, each in kept.access.items()}
    Keeping(state).keep(replace(kept, access=over))
    assert run(*ask, *RECORDS, "--dataset", "cohort-1")[0] == Exit.OK
    # One that was taken back at its own site is tried anew, once.
    assert run("access", "list")[0] == Exit.OK
    token = Keeping(state).of(walk.broker.issuer).access[walk.broker.url].token  # type: ignore[union-attr]
    with walk.broker.http() as http:
        assert http.post("revoke", data={"token": token, "client_id": "insitu-cli"}).status_code == 200
    assert run("whoami")[0] == Exit.OK
    assert "is withdrawn" in run("access", "withdraw", draft)[2]
    kept = Keeping(state).of(walk.broker.issuer)
    assert kept is not None
    Keeping(state).keep(replace(kept, access={}))
    assert run(*ask, *RECORDS, "--dataset", "cohort-1")[0] == Exit.REFUSED


def test_visas_are_issued_listed_and_revoked_from_afar(
    walk: Walk, session: Session, run: Run, tmp_path: Path
) -> None:
    (boss, _), (_, ada_id) = walk.person(role=Role.COMMITTEE), walk.person()
    at = ("--at", walk.broker.url)
    assert run("visa", "list", *at)[0] == Exit.REFUSED  # nobody is logged in
    logged_in(session, walk, boss)
    conditions = tmp_path / "conditions.json"
    conditions.write_text('[[{"type": "AffiliationAndRole", "value": "pattern:*@uni.example"}]]')
    code, out, err = run(
        "visa", "issue", ada_id, "--type", "ResearcherStatus", "--value", "https://status.example",
        "--source", "https://uni.example", "--by", "so", "--ends", ENDS, "--why", "signed by the dean",
        "--conditions", str(conditions), "--json", *at,
    )  # fmt: skip
    assert code == Exit.OK, err
    made = json.loads(out)
    assert (made["subject"], made["ends"][:10]) == (ada_id, ENDS)
    assert made["conditions"] == json.loads(conditions.read_text())
    assert made["id"] in run("visa", "list", "--subject", ada_id, *at)[1]
    assert run("visa", "revoke", made["id"], "--why", "a mistake", *at)[0] == Exit.OK
    assert made["id"] not in run("visa", "list", "--subject", ada_id, *at)[1]
    assert run("visa", "revoke", made["id"], "--why", "a mistake", *at)[0] == Exit.REFUSED
    for identifier in ("../clients", "a/b", "a?b", ""):
        assert run("visa", "revoke", identifier, "--why", "x", *at)[0] == Exit.USAGE
    for url in ("http://else.example", walk.broker.url + "/elsewhere"):
        assert run("visa", "list", "--at", url)[0] == Exit.USAGE


def test_a_token_goes_only_where_the_login_is_for(walk: Walk, session: Session, run: Run) -> None:
    reader, _ = walk.person()
    logged_in(session, walk, reader)
    with Issuer() as other:
        other.answers["/ga4gh/beacon/v2/datasets"] = lambda handler: handler.says(
            {"response": {"sent": handler.headers.get("authorization", "nothing")}}
        )
        code, out, err = run("ask", other.url)
        assert (code, json.loads(out)["response"]["sent"]) == (Exit.OK, "nothing")
        assert "Asked as nobody" in err
        assert run("ask", other.url, "--broker", walk.broker.url)[0] == Exit.REFUSED
        theirs = ("--broker", walk.broker.url, "--audience", walk.broker.url)
        code, _, err = run("ask", other.url, *theirs)
        assert (code, f"is not sent to {other.url}" in err) == (Exit.USAGE, True)
        assert f"--for {other.url}" in run("visa", "list", "--at", other.url, "--broker", walk.broker.url)[2]
        assert other.asked["/ga4gh/beacon/v2/datasets"] == 1




def test_what_a_site_says_cannot_take_the_terminal_over(run: Run) -> None:
    hostile = "\x1b[31m\x9b2J"
    sets = [
        {"id": hostile, "exists": "yes", "resultsCount": True, "countAdjustedTo": [hostile, 5, {}],
         "results": [{"id": hostile}, None, 7] * 30},
        "nothing", None,
    ]  # fmt: skip
    answer = {
        "meta": {"returnedGranularity": hostile}, "responseSummary": {"exists": True, "numTotalResults": "5"},
        "response": {"resultSets": sets}, "info": {"warnings": [hostile, {}, 5]},
    }  # fmt: skip
    with Issuer() as site:
        site.answers["/b/g_variants"] = lambda handler: handler.says(answer)
        code, out, err = run("ask", f"{site.url}/b", "g_variants", "--anonymous")
        assert code == Exit.OK
        assert "\x1b" not in out + err
        assert "\x9b" not in out + err
        site.answers["/b/g_variants"] = lambda handler: handler.says(
            {"error": {"errorMessage": hostile * 5000}}, 403
        )
        code, out, err = run("ask", f"{site.url}/b", "g_variants", "--anonymous")
        assert (code, "\x1b" in err, len(err) < 1200) == (Exit.REFUSED, False, True)
        for body, status, expected in (
            (b"<html>", 200, Exit.UNAVAILABLE), (b"", 200, Exit.UNAVAILABLE), (b"<html>", 404, Exit.REFUSED),
            (b"{}", 503, Exit.UNAVAILABLE), (b"[" * 10**6, 200, Exit.UNAVAILABLE),
        ):  # fmt: skip
            answers = lambda handler, body=body, status=status: handler.says(body, status)  # noqa: E731
            site.answers["/b/g_variants"] = answers
            assert run("ask", f"{site.url}/b", "g_variants", "--anonymous")[0] == expected
    assert run("ask", site.url, "--anonymous")[0] == Exit.UNAVAILABLE


def test_no_token_comes_back_out_of_a_site_s_words(walk: Walk, session: Session) -> None:
    reader, _ = walk.person()
    with Issuer() as site:
        login = logged_in(session, walk, reader, site.url)
        site.answers["/x"] = lambda handler: handler.says(
            {"error": f"not {handler.headers['authorization']}"}, 403
        )
        with pytest.raises(Refused) as found:
            Remote(f"{site.url}/x", Access(), session, Calls()).json("GET", f"{site.url}/x")
        token = session.keeping.of(login.issuer).access[site.url].token  # type: ignore[union-attr]
        assert token not in found.value.public


@pytest.mark.parametrize(
    ("beacon", "path", "found"),
    [
        ("https://x.example", "datasets", "https://x.example/ga4gh/beacon/v2/datasets"),
        ("https://x.example/", "", "https://x.example/ga4gh/beacon/v2"),
        ("https://x.example/api/", "/individuals/", "https://x.example/api/individuals"),
        ("https://x.example/api", "g_variants/20-1-A-<DEL>", "https://x.example/api/g_variants/20-1-A-<DEL>"),
        ("https://x.example/api", "individuals/a b?c#d%2Fe", "https://x.example/api/individuals/a%20b%3Fc%23d%252Fe"),
    ],
)  # fmt: skip
def test_addresses_of_questions(beacon: str, path: str, found: str) -> None:
    assert asking.address(beacon, path) == found


@pytest.mark.parametrize(
    ("beacon", "path"),
    [
        ("https://x.example/api", "../admin"), ("https://x.example/api", "a//b"), ("http://x.example", "a"),
        ("https://u:p@x.example/api", "a"), ("https://x.example/api?a=b", "a"), ("file:///etc", "passwd"),
    ],
)  # fmt: skip
def test_addresses_that_are_none(beacon: str, path: str) -> None:
    with pytest.raises(Stop):
        asking.address(beacon, path)


@pytest.mark.slow
def test_a_long_session_at_a_second_site_never_notices(
    postgres_url: str, tmp_path: Path, state: Path
) -> None:
    """Tokens, visas and the decisions made of them last ten seconds here, and no clock is forgiven any."""
    (tmp_path / "home").mkdir()
    (tmp_path / "away").mkdir()
    short = {"revocation_seconds": 10, "clock_seconds": 0}
    with new_database(postgres_url, "test_login_long") as url:
        database = Database(url)
        migrate(database, ROOMS)
        registered(DatasetRegister(database))
        with walking(database, tmp_path / "home", **short) as walk:
            reader, subject = walk.person()
            walk.access.desk.issue(wanted(subject, int(time.time()), value=DATA), OPERATOR)
            with second_site(postgres_url, tmp_path / "away", walk.broker.issuer) as second:
                session = Session(Keeping(state), sleep=lambda _: None)
                logged_in(session, walk, reader, second.url)
                tokens = set()
                until = time.monotonic() + 35
                while time.monotonic() < until:
                    remote = Remote(second.url, Access(), session)
                    query = {
                        "datasetIds": "cohort-1", "assemblyId": "GRCh37", "referenceName": "20",
                        "start": 999_000, "end": 1_100_000, "requestedGranularity": "record",
                    }  # fmt: skip
                    address = asking.address(second.url, "g_variants")
                    found: dict[str, Any] = remote.json("GET", address, query=query)
                    assert found["meta"]["returnedGranularity"] == "record"
                    assert found["responseSummary"]["exists"]
                    kept = session.keeping.of(walk.broker.issuer)
                    assert kept is not None
                    tokens.add(kept.access[second.url].token)
                    time.sleep(0.5)
                assert len(tokens) > 3
        database.dispose()
