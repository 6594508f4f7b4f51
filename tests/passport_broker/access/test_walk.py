"""Applying, deciding and revoking with browsers and programs, over real ports."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from database.engine import Database
from governance.caller import Identity, Role
from governance.passport.refusal import TokenRefused
from governance.register import DatasetRegister
from tests.governance.passport.sites import Site
from tests.passport_broker.access.applying import registered
from tests.passport_broker.access.saying import DATA
from tests.passport_broker.access.walking import Reader, Walk, walking
from tests.passport_broker.running import tokens

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def walk(site_database: Database, session_folder: Path) -> Iterator[Walk]:
    registered(DatasetRegister(site_database))
    folder = session_folder / "walk"
    folder.mkdir()
    with walking(site_database, folder) as made:
        yield made


def typed(**changed: Any) -> dict[str, Any]:
    usual = {
        "dataset": "cohort-1", "title": "Hearts", "project": "We look at hearts.", "purpose": ["HMB", "NCU"],
        "disease": "", "other": "", "members": "", "begins": TODAY.isoformat(),
        "ends": (TODAY + timedelta(days=30)).isoformat(), "then": "submit",
    }  # fmt: skip
    return usual | changed


def applied(reader: Reader, **changed: Any) -> httpx.Response:
    """The page of a new application."""
    return reader.form(reader.open("applications/new"), "/applications/new", **typed(**changed))


def test_from_nothing_to_data_and_back(walk: Walk) -> None:
    (ada, ada_id), (ben, ben_id), (dora, _) = walk.person(), walk.person(), walk.person(role=Role.COMMITTEE)
    assert ben_id in ben.open("applications").text
    page = applied(ada, members=ben_id)
    assert page.status_code == 200, page.text
    assert "<strong>submitted</strong>" in page.text
    review = dora.open("review")
    address = re.search(r'href="([^"]*/applications/[0-9a-f]+)"', review.text)
    page = dora.open(address[1])
    for each in (
        "Hearts",
        "Health, medical or biomedical research (HMB)",
        "they fit",
        "NCU is declared",
        ada_id,
    ):
        assert each in page.text
    assert "ada@site.example" in page.text  # who decides knows about whom
    assert "ada@site.example" not in ben.open(address[1]).text
    page = dora.form(page, "/decision", step="ask", why="Which hearts?")
    assert "asked back" in page.text
    page = ada.open(address[1])
    assert "Which hearts?" in page.text
    page = ada.form(ada.open(address[1] + "/edit"), "/edit", **typed(project="Hearts of mice."))
    assert "<strong>submitted</strong>" in page.text
    page = dora.form(dora.open(address[1]), "/decision", step="approve", why="A fine question.")
    assert "<strong>active</strong>" in page.text
    assert "A fine question." in ada.open(address[1]).text
    assert "active</strong></span> until" in ada.open("applications").text

    token = tokens(walk.broker, ada.login, walk.broker.client("code", "refresh"))["access_token"]
    assert [each.value for each in walk.house.identify(f"Bearer {token}").visas] == [DATA]
    with httpx.Client(headers={"authorization": f"Bearer {token}"}) as program:
        listed = program.get(walk.broker.url + "/passport/api/applications")
        assert [each["status"] for each in listed.json()["applications"]] == ["active"]
        page = ada.form(ada.open(address[1]), "/withdraw", why="")
        assert "<strong>withdrawn</strong>" in page.text
        begun = time.monotonic()
        while walk.house.identify(f"Bearer {token}").visas:
            assert time.monotonic() < begun + 10
            time.sleep(0.1)
        assert time.monotonic() < begun + 3  # where the broker is at home a second is enough
        assert program.get(walk.broker.url + "/passport/api/visas").status_code == 403


SITE_B = "https://site-b.example"
TRUST = """
audiences = ["{site}"]
[[broker]]
issuer = "{issuer}"
{secret}[[visa_issuer]]
issuer = "{issuer}"
jku = ["{issuer}/jwks"]
[sources]
ControlledAccessGrants = ["https://dac.example/committee"]
"""


def test_what_the_committee_approved_is_believed_by_a_second_site_and_not_for_long_after_it_ends(
    walk: Walk, tmp_path: Path
) -> None:
    """The second site asks over HTTP alone, and knows nothing of the broker but its address."""
    (ada, ada_id), (dora, _) = walk.person(), walk.person(role=Role.COMMITTEE)
    path = applied(ada).url.path
    dora.form(dora.open(path), "/decision", step="approve", why="Yes.")
    broker = walk.broker
    meant = broker.client("exchange", serves=(SITE_B,))
    network = broker.client("code", "exchange", audiences=(broker.url, SITE_B))
    token = tokens(broker, ada.login, broker.client(audiences=(SITE_B,)))["access_token"]
    own = tokens(broker, ada.login, network)["access_token"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": own,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token", "audience": SITE_B,
    }  # fmt: skip
    asked = {"requested_token_type": "urn:ga4gh:params:oauth:token-type:passport"}
    passport = broker.token(network, **form, **asked).json()["access_token"]
    exchanged = broker.token(network, **form).json()["access_token"]
    secret = tmp_path / "governance" / "broker.secret"
    secret.parent.mkdir()
    secret.touch(0o600)
    secret.write_text(broker.secrets[meant])
    with_secret = f'client_id = "{meant}"\nclient_secret_file = "broker.secret"\n'
    now = [time.time()]
    for said in (with_secret, ""):
        trust = TRUST.format(site=SITE_B, issuer=broker.issuer, secret=said)
        with Site(tmp_path, trust, lambda: now[0]) as second:
            for caller in (
                second.identify(token), second.identify(exchanged), second.house.identify(None, [passport])
            ):  # fmt: skip
                assert caller.identity == Identity(broker.issuer, ada_id)
                assert [each.value for each in caller.visas] == [DATA]
            if not said:
                dora.form(dora.open(path), "/decision", step="end", why="Over.")
                now[0] += 61  # no clock runs that fast: what was signed a minute ago counts no more
                assert second.identify(token).visas == ()
                with pytest.raises(TokenRefused):
                    second.house.identify(None, [passport])


def test_every_page_is_for_who_is_logged_in(walk: Walk) -> None:
    nobody = Reader(walk.broker)
    for path in ("applications", "applications/new", "applications/x", "applications/x/edit", "review"):
        assert 'name="password"' in nobody.open(path).text
    for path in ("new", "x/submit", "x/withdraw", "x/renew", "x/decision", "x/edit"):
        assert nobody.http.post(f"{walk.broker.issuer}/applications/{path}").status_code == 403


def test_a_form_that_another_site_sends_does_nothing(walk: Walk) -> None:
    ada, _ = walk.person()
    applied(ada, then="keep")
    assert ada.http.post(f"{walk.broker.issuer}/applications/new", data=typed()).status_code == 403
    assert ada.open("applications").text.count("<section>") == 1


def test_strangers_find_nothing(walk: Walk) -> None:
    (ada, _), (eve, _), (dora, _) = walk.person(), walk.person(), walk.person(role=Role.COMMITTEE)
    page = applied(ada)
    path = page.url.path
    assert eve.open(path).status_code == 404
    assert eve.open("review").status_code == 403
    blank = eve.open("applications/new")
    token = re.search(r'name="csrf_token" value="([^"]*)"', blank.text)[1]
    for step in ("approve", "reject", "end"):
        sent = eve.http.post(
            str(page.url) + "/decision", data={"csrf_token": token, "step": step, "why": "x"}
        )
        assert sent.status_code == 404
    for act in ("submit", "withdraw", "renew"):
        assert eve.http.post(f"{page.url}/{act}", data={"csrf_token": token}).status_code == 404
    assert "<strong>submitted</strong>" in ada.open(path).text
    draft = applied(ada, then="keep")
    assert dora.open(draft.url.path).status_code == 404


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"ends": "2020-01-01"}, "before it begins"),
        ({"title": ""}, "Say something under title"),
        ({"purpose": []}, "purpose"),
        ({"disease": "cancer"}, "DS=MONDO:0005148"),
        ({"members": "nobody-of-that-id"}, "There is no account"),
        ({"begins": "soon"}, "A day is written"),
        ({"title": "x" * 500}, "at most 200"),
    ],
)
def test_what_is_wrong_in_a_form_is_said_and_nothing_is_lost(walk: Walk, changed: dict, says: str) -> None:
    ada, _ = walk.person()
    page = applied(ada, **({"project": "A long text that took an hour."} | changed))
    assert page.status_code == 400
    assert says in page.text
    assert "took an hour" in page.text
    to = "/edit" if "/edit" in page.text else "/applications/new"
    page = ada.form(page, to, **typed(project="A long text that took an hour."))
    assert "<strong>submitted</strong>" in page.text
    assert ada.open("applications").text.count("<section>") == 1


def test_markup_is_shown_and_not_run(walk: Walk) -> None:
    (ada, _), (dora, _) = walk.person(), walk.person(role=Role.COMMITTEE)
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    page = applied(ada, title=evil[:190], project=evil, other="GS=SG")
    page = dora.form(dora.open(page.url.path), "/decision", step="ask", why=evil)
    shown = [
        page, ada.open(page.url.path), ada.open(page.url.path + "/edit"), ada.open("applications"),
        dora.open("review?view=all"),
    ]  # fmt: skip
    for each in shown:
        assert each.status_code == 200
        assert "<script" not in each.text
        assert "<img" not in each.text
        assert "&lt;script&gt;" in each.text or "&lt;script" in each.text
        assert each.headers["content-security-policy"].startswith("default-src 'none'")


def test_two_who_decide_at_once_are_told_so(walk: Walk) -> None:
    (ada, _), (dora, _), (dan, _) = walk.person(), *(walk.person(role=Role.COMMITTEE) for _ in range(2))
    path = applied(ada).url.path
    hers, his = dora.open(path), dan.open(path)
    assert "<strong>rejected</strong>" in dora.form(hers, "/decision", step="reject", why="No.").text
    late = dan.form(his, "/decision", step="approve", why="Yes.")
    assert late.status_code == 409
    assert "Somebody has moved this application on" in late.text
    assert "<strong>rejected</strong>" in dan.open(path).text


def test_against_the_terms_is_a_box_to_tick(walk: Walk) -> None:
    (ada, _), (dora, _) = walk.person(), walk.person(role=Role.COMMITTEE)
    path = applied(ada, purpose=["HMB"]).url.path
    page = dora.open(path)
    assert "the terms deny it" in page.text
    refused = dora.form(page, "/decision", step="approve", why="Yes.")
    assert refused.status_code == 409
    assert "NCU is not declared" in refused.text
    page = dora.form(page, "/decision", step="approve", why="Yes.", against="yes")
    assert "<strong>active</strong>" in page.text
    page = dora.form(page, "/decision", step="end", why="A mistake.")
    assert "<strong>ended</strong>" in page.text


def test_who_decides_does_not_decide_for_themselves(walk: Walk) -> None:
    dora, _ = walk.person(role=Role.COMMITTEE)
    page = applied(dora)
    assert "somebody else has to decide" in page.text
    assert "/decision" not in page.text


def test_a_renewal_begins_with_what_was_said(walk: Walk) -> None:
    (ada, ada_id), (dora, _) = walk.person(), walk.person(role=Role.COMMITTEE)
    path = applied(ada).url.path
    dora.form(dora.open(path), "/decision", step="approve", why="Yes.")
    form = ada.form(ada.open(path), "/renew")
    assert 'value="Hearts"' in form.text
    page = ada.form(form, "/edit", **typed(ends=(TODAY + timedelta(days=300)).isoformat()))
    dora.form(dora.open(page.url.path), "/decision", step="approve", why="Again.")
    assert "<strong>renewed</strong>" in ada.open(path).text
    assert len(walk.access.visas.of(ada_id)) == 1


def test_pages_have_no_script_and_a_viewport(walk: Walk) -> None:
    ada, _ = walk.person()
    path = applied(ada, then="keep").url.path
    for each in ("applications", "applications/new", path, path + "/edit"):
        text = ada.open(each).text
        assert "<script" not in text
        assert "width=device-width" in text
        assert not re.search(r'\son\w+="', text)
        boxes = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', text)
        assert {f'for="{box}"' in text for box in boxes} <= {True}


def test_pages_say_what_is_due(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    (ada, _), (dora, _) = walk.person(), walk.person(role=Role.COMMITTEE)
    path = applied(ada).url.path
    assert 'class="due"' not in ada.open(path).text + dora.open("review").text
    parts, late = walk.access.parts, 8 * 86_400

    def later(seconds: float) -> None:
        monkeypatch.setitem(parts.__dict__, "clock", lambda: time.time() + seconds)

    later(late)
    waits = "An application for cohort-1 has waited for a decision for 8 days."
    assert waits in dora.open("review").text
    assert waits in dora.open(path).text
    assert waits not in ada.open(path).text + ada.open("applications").text
    later(0)
    dora.form(dora.open(path), "/decision", step="approve", why="Yes.")
    assert 'class="due"' not in ada.open(path).text
    later(26 * 86_400)
    ends = "Access to cohort-1 ends in 5 days."
    assert ends in ada.open(path).text
    assert ends in ada.open("applications").text
    assert ends not in dora.open(path).text
