"""The admin API over HTTP: what it takes, what it refuses, and what it never says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from governance.caller import ANONYMOUS, Caller, Identity
from governance.datasets import Tier
from governance.passport.linked import link
from governance.passport.registered import REGISTERED_ACCESS
from governance.policy.engine import Policy
from passport_broker.access import Access
from passport_broker.api import BASE_PATH, create_api
from passport_broker.domain.actors import OPERATOR
from passport_broker.domain.visas import Assertion, Issued
from passport_broker.standing import Standing
from serving.reasons import Unauthenticated
from serving.testing import client
from tests.passport_broker.access.applying import DAC, Desks
from tests.passport_broker.access.saying import DATA, SOURCE, wanted

ALLOW = {"step": "approve", "why": "Fine.", "number": 2}
SCOPES = ("access:apply", "access:decide", "visa:manage")
CONTENT = {
    "title": "Hearts",
    "project": "We look at hearts.",
    "purpose": ["HMB", "NCU"],
    "members": ["ben"],
    "begins": "2027-01-15",
    "ends": "2027-12-31",
}
GRANT = {
    "subject": "eve", "type": "ResearcherStatus", "value": "https://status.example", "source": SOURCE,
    "by": "so", "ends": "2027-12-31", "why": "signed by the dean",
}  # fmt: skip


class Asking:
    """Somebody with an HTTP client."""

    def __init__(self, http: Any, desks: Desks) -> None:
        self._http = http
        self.desks = desks

    def __call__(self, method: str, path: str, who: str | None = "ada", **options: Any) -> httpx.Response:
        headers = {} if who is None else {"authorization": f"Bearer {who}"}
        return self._http.request(method, BASE_PATH + path, headers=headers, **options)

    def made(self) -> str:
        found = self("POST", "/applications", json={"dataset": "cohort-1", **CONTENT})
        assert found.status_code == 201, found.text
        return found.json()["id"]

    def moved(self, made: str, step: str, who: str = "ada", **also: Any) -> httpx.Response:
        return self("POST", f"/applications/{made}/steps", who, json={"step": step, **also})


@pytest.fixture
def ask(desks: Desks) -> Iterator[Asking]:
    """An app whose tokens are names, and scopes unless all are meant; `dora` decides, others are ours."""

    def identify(authorization: str | None) -> Caller:
        if authorization is None:
            return ANONYMOUS
        name, *scopes = authorization.removeprefix("Bearer ").split()
        if name == "bad":
            raise Unauthenticated("The token does not hold.")
        identity = DAC if name == "dora" else Identity(desks.office.issuer, name)
        return Caller(identity=identity, person=identity, scopes=frozenset(scopes or SCOPES))

    office = desks.office
    own = Standing(office.database, office.visas, office.revocations(), lambda _: True)
    uses = (desks.applications, desks.committee, desks.members)
    access = Access(office.desk, office.visas, own, desks.parts, *uses)
    app = create_api(access, identify=identify, validate_responses=True)
    with client(app) as http:
        yield Asking(http, desks)


def test_visas_are_issued_listed_and_revoked(ask: Asking) -> None:
    asked = [[{"type": "AffiliationAndRole", "value": "pattern:faculty@*"}]]
    made = ask("POST", "/visas", "dora", json=GRANT | {"conditions": asked})
    assert made.status_code == 201, made.text
    said = made.json()
    assert (said["subject"], said["conditions"], said["standing"]) == ("eve", asked, "standing")
    assert said["issuedBy"] == {"issuer": DAC.issuer, "subject": DAC.subject}
    assert ask("GET", f"/visas/{said['id']}", "dora").json() == said
    assert ask("GET", "/visas", "dora", params={"subject": "eve"}).json() == {"visas": [said]}
    assert ask("GET", "/visas", "dora", params={"subject": "ada"}).json() == {"visas": []}
    gone = ask("POST", f"/visas/{said['id']}/revocation", "dora", json={"why": "left"})
    assert gone.json()["standing"] == "revoked"
    assert gone.json()["revoked"]["why"] == "left"
    assert ask("POST", f"/visas/{said['id']}/revocation", "dora", json={"why": "left"}).status_code == 409
    assert ask("GET", "/visas/absent", "dora").status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"value": "no url"},
        {"type": "Nothing"},
        {"by": "boss"},
        {"ends": "soon"},
        {"ends": "2020-01-01"},
        {"why": ""},
        {"conditions": [[{"type": "ResearcherStatus", "asserted": "const:1"}]]},
        {"conditions": "x"},
        {"more": 1},
        {"subject": ""},
        {"asserted": "9999-12-31T23:59:59-23:59"},
        {"begins": "0001-01-01T00:00:00+23:59"},
    ],
)
def test_what_no_visa_may_say_is_a_400(ask: Asking, changed: dict) -> None:
    refused = ask("POST", "/visas", "dora", json=GRANT | changed)
    assert refused.status_code == 400, refused.text
    assert set(refused.json()) == {"status", "error"}
    assert ask("GET", "/visas", "dora").json() == {"visas": []}


def test_only_the_committee_manages_visas(ask: Asking) -> None:
    made = ask("POST", "/visas", "dora", json=GRANT).json()["id"]
    for who, status in (("ada", 403), ("eve", 403), (None, 401), ("bad", 401)):
        asked = [
            ask("GET", "/visas", who),
            ask("GET", f"/visas/{made}", who),
            ask("POST", "/visas", who, json=GRANT),
            ask("POST", f"/visas/{made}/revocation", who, json={"why": "x"}),
        ]
        assert [each.status_code for each in asked] == [status] * 4
    assert ask("GET", f"/visas/{made}", "dora").json()["standing"] == "standing"


def test_a_visa_that_opens_a_dataset_is_for_who_decides_on_it(ask: Asking, tmp_path) -> None:
    """A site's own rule that keeps a committee from one dataset is not gone around by hand-made visas."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "site.cedar").write_text(
        '@id("not-this-one") forbid (principal, action == Action::"access:decide", '
        'resource == Dataset::"cohort-1");'
    )
    ask.desks.parts.gate._policy = Policy(tmp_path / "rules", clock=ask.desks.office.clock)
    opens = GRANT | {"type": "ControlledAccessGrants", "by": "dac"}
    assert ask("POST", "/visas", "dora", json=opens | {"value": DATA}).status_code == 403
    assert ask("POST", "/visas", "dora", json=opens | {"value": DATA + "/p"}).status_code == 201
    listed = ask("GET", "/visas", "dora").json()["visas"]
    assert [each["value"] for each in listed] == [DATA + "/p"]


RULE = 'permit (principal in Grant::"https://rules.example", action, resource);'


@pytest.mark.parametrize("rules", ["", RULE])
def test_a_grant_opens_what_there_is_or_is_none(ask: Asking, tmp_path: Path, rules: str) -> None:
    """One that no dataset has yet would open what is called so one day; rules of the site name some, too."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "site.cedar").write_text(rules)
    policy = Policy(tmp_path / "rules", clock=ask.desks.office.clock)
    object.__setattr__(ask.desks.parts, "rules", policy.book)
    grant = GRANT | {"type": "ControlledAccessGrants", "by": "dac"}
    refused = ask("POST", "/visas", "dora", json=grant | {"value": "https://elsewhere.example"})
    assert (refused.status_code, "--grant" in refused.json()["error"]) == (403, True)
    named = ask("POST", "/visas", "dora", json=grant | {"value": "https://rules.example"})
    assert named.status_code == (201 if rules else 403)


def test_registered_access_is_given_by_who_decides_on_all_that_it_opens(ask: Asking, tmp_path: Path) -> None:
    ask.desks.parts.register.add("common", "GRCh38", registered=Tier.RECORD)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "site.cedar").write_text(
        'forbid (principal, action == Action::"access:decide", resource == Dataset::"common");'
    )
    ask.desks.parts.gate._policy = Policy(tmp_path / "rules", clock=ask.desks.office.clock)
    for kind in ("ResearcherStatus", "AcceptedTermsAndPolicies"):
        body = GRANT | {"type": kind, "value": REGISTERED_ACCESS}
        assert ask("POST", "/visas", "dora", json=body).status_code == 403
    ask.desks.parts.register.remove("common")
    assert ask("POST", "/visas", "dora", json=GRANT | {"value": REGISTERED_ACCESS}).status_code == 201


def test_nobody_links_accounts_of_others_nor_parts_them(ask: Asking) -> None:
    victim = Identity("https://idp.example", "victim")
    body = GRANT | {"type": "LinkedIdentities", "value": link(victim)}
    assert ask("POST", "/visas", "dora", json=body).status_code == 403
    assertion = Assertion("LinkedIdentities", link(victim), SOURCE, "system", int(ask.desks.office.clock()))
    made = ask.desks.office.desk.issue(replace(wanted("eve"), assertion=assertion), OPERATOR)
    assert ask("POST", f"/visas/{made.id}/revocation", "dora", json={"why": "x"}).status_code == 403
    assert ask("GET", f"/visas/{made.id}", "dora").status_code == 404
    assert ask("GET", "/visas", "dora").json() == {"visas": []}


def test_a_visa_is_revoked_by_who_decides_on_one_dataset_that_it_opens(ask: Asking, tmp_path: Path) -> None:
    parts = ask.desks.parts
    parts.register.add("other", "GRCh38", controlled=Tier.RECORD, grants=(DATA,))
    made = [ask.desks.office.desk.issue(wanted("eve"), OPERATOR) for _ in range(3)]
    (tmp_path / "rules").mkdir()
    rules = tmp_path / "rules" / "site.cedar"

    def revoked(visa: Issued, *hidden: str) -> int:
        rule = '@id("{0}") forbid (principal, action == Action::"access:decide", resource == Dataset::"{0}");'
        rules.write_text("\n".join(rule.format(each) for each in hidden))
        parts.gate._policy = Policy(rules.parent, clock=ask.desks.office.clock)
        return ask("POST", f"/visas/{visa.id}/revocation", "dora", json={"why": "x"}).status_code

    assert revoked(made[0], "cohort-1", "other") == 403
    assert revoked(made[0], "cohort-1") == 200
    for each in ("cohort-1", "other"):
        parts.register.remove(each)
    assert revoked(made[1], "cohort-1", "other") == 200  # nobody decides on it any more


def test_access_to_what_is_gone_can_be_ended(ask: Asking) -> None:
    made = ask.desks.approved()
    ask.desks.parts.register.remove("cohort-1")
    number = ask("GET", f"/applications/{made.id}", "dora").json()["number"]
    assert ask.moved(made.id, "end", "eve", why="x", number=number).status_code == 404
    assert ask.moved(made.id, "end", "dora", why="x", number=number).json()["status"] == "ended"
    assert ask.desks.values("ada") == []


def test_a_member_accepts_or_leaves(ask: Asking) -> None:
    made = ask.made()
    assert ask.moved(made, "accept", "ben").status_code == 404
    ask.moved(made, "submit")
    [asked] = ask("GET", "/applications", "ben", params={"view": "invited"}).json()["applications"]
    assert (asked["id"], asked["title"], asked["project"]) == (made, "", "")
    assert ask("GET", "/applications", "ben").json() == {"applications": []}
    assert ask.moved(made, "accept", "ben").json()["accepted"] == ["ben"]
    assert ask.moved(made, "accept", "ben").status_code == 409
    assert ask.moved(made, "accept", "eve").status_code == 404
    seen = ask("GET", f"/applications/{made}", "dora").json()
    assert [(each["subject"], each["accepted"], each["closed"]) for each in seen["people"]] == [
        ("ada", True, True),
        ("ben", True, True),
    ]
    assert "people" not in ask("GET", f"/applications/{made}").json()
    assert ask.moved(made, "leave", "ben").json()["members"] == []
    assert ask("GET", f"/applications/{made}", "ben").status_code == 404


def test_nobody_asserts_anything_of_themselves(ask: Asking) -> None:
    from governance.caller import Role

    ask.desks.parts.gate._roles = lambda *_: frozenset({Role.COMMITTEE})
    assert ask("POST", "/visas", "eve", json=GRANT).status_code == 403
    assert ask("POST", "/visas", "ada", json=GRANT).status_code == 201


def test_from_an_application_to_a_visa_and_back(ask: Asking) -> None:
    assert ask("GET", "/offers").json() == {"datasets": ["cohort-1", "no-grant", "plain"]}
    made = ask.made()
    edited = ask("PUT", f"/applications/{made}", json=CONTENT | {"title": "Mice", "number": 1})
    assert (edited.status_code, edited.json()["title"], edited.json()["number"]) == (200, "Mice", 2)
    assert ask.moved(made, "submit").json()["status"] == "submitted"
    assert [each["id"] for each in ask("GET", "/applications", "dora", params={"view": "waiting"}).json()[
        "applications"]] == [made]  # fmt: skip
    seen = ask("GET", f"/applications/{made}", "dora").json()
    assert seen["match"]["fit"] == "permit"
    assert ask.moved(made, "ask", "dora", why="Which mice?", number=3).json()["status"] == "returned"
    ask.moved(made, "submit")
    assert ask.moved(made, "approve", "dora", why="Fine.").status_code == 400
    assert ask.moved(made, "approve", "dora", why="Fine.", number=4).status_code == 409
    assert ask.moved(made, "approve", "dora", why="Fine.", number=5).json()["status"] == "active"
    assert ask.desks.values("ben") == []
    assert ask.moved(made, "accept", "ben").json()["status"] == "active"
    assert ask.desks.values("ben") == [DATA]
    seen = ask("GET", f"/applications/{made}").json()
    assert [each["step"] for each in seen["history"]] == [
        "begin",
        "edit",
        "submit",
        "ask",
        "submit",
        "approve",
        "accept",
    ]
    assert "dora" not in str(seen)
    assert ask("GET", f"/applications/{made}", "dora").json()["history"][-2]["by"]["subject"] == "dora"
    renewed = ask("POST", "/applications", json={"renews": made})
    assert (renewed.status_code, renewed.json()["renews"]) == (201, made)
    assert ask.moved(made, "withdraw").json()["status"] == "withdrawn"
    assert ask.desks.values("ben") == []
    assert len(ask("GET", "/applications").json()["applications"]) == 2


def test_what_is_not_one_s_own_is_not_there(ask: Asking) -> None:
    made = ask.made()
    ask.moved(made, "submit")
    assert ask("GET", f"/applications/{made}", "ben").status_code == 200
    absent = ask("GET", "/applications/absent-one", "eve")
    for answer in (
        ask("GET", f"/applications/{made}", "eve"),
        ask("PUT", f"/applications/{made}", "eve", json=CONTENT),
        ask.moved(made, "withdraw", "eve"),
        ask.moved(made, "withdraw", "ben"),
        ask.moved(made, "approve", "eve", why="x"),
    ):
        assert answer.status_code == absent.status_code == 404
        assert answer.json()["error"].replace(made, "absent-one") == absent.json()["error"]
    for view, status in (("mine", 200), ("waiting", 403), ("all", 403)):
        assert ask("GET", "/applications", "eve", params={"view": view}).status_code == status
    for path in ("/offers", "/applications", f"/applications/{made}", "/visas"):
        assert ask("GET", path, None).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"dataset": "secret", **CONTENT}, 404),
        ({"dataset": "cohort-1"}, 400),
        ({"dataset": "cohort-1", **CONTENT, "purpose": ["<script>alert(1)</script>"]}, 400),
        ({"dataset": "cohort-1", **CONTENT, "title": "x" * 300}, 400),
        ({"dataset": "cohort-1", **CONTENT, "members": ["' OR 1=1 --"]}, 400),
        ({"dataset": "cohort-1", **CONTENT, "ends": "2027-01-01"}, 400),
        ({"dataset": "cohort-1", **CONTENT, "applicant": "eve"}, 400),
        ({"renews": "absent-one"}, 404),
        ({"renews": "absent-one", "ends": "2027-12-31"}, 400),
        ([], 400),
    ],
)
def test_what_cannot_be_applied_for_is_refused(ask: Asking, body: Any, status: int) -> None:
    refused = ask("POST", "/applications", json=body)
    assert refused.status_code == status, refused.text
    assert "script" not in refused.text
    assert ask("GET", "/applications").json() == {"applications": []}


def test_a_step_is_one_that_there_is_for_whoever_takes_it(ask: Asking) -> None:
    made = ask.made()
    for step in ("begin", "edit", "renew", "APPROVE", ""):
        assert ask.moved(made, step).status_code == 400
    for step in ("approve", "reject", "ask", "end"):
        assert ask.moved(made, step, "ada", why="I say so").status_code == 404
        assert (
            ask.moved(made, step, "dora", why="I say so").status_code == 404
        )  # a draft is nobody's but ada's
    ask.moved(made, "submit")
    assert ask.moved(made, "approve", "dora").status_code == 400
    assert ask.moved(made, "end", "dora", why="x", number=2).status_code == 409


@pytest.mark.parametrize(
    ("scope", "method", "path", "body"),
    [
        ("visa:manage", "GET", "/visas", None),
        ("visa:manage", "POST", "/visas", GRANT),
        ("visa:manage", "GET", "/visas/absent", None),
        ("visa:manage", "POST", "/visas/absent/revocation", {"why": "left"}),
        ("access:apply", "GET", "/offers", None),
        ("access:apply", "GET", "/applications", None),
        ("access:decide", "GET", "/applications?view=waiting", None),
        ("access:decide", "GET", "/applications?view=all", None),
        ("access:apply", "POST", "/applications", {"dataset": "cohort-1", **CONTENT}),
        ("access:apply", "GET", "/applications/{made}", None),
        ("access:apply", "PUT", "/applications/{made}", CONTENT),
        ("access:apply", "POST", "/applications/{made}/steps", {"step": "withdraw"}),
        ("access:decide", "POST", "/applications/{made}/steps", {"step": "ask", "why": "?", "number": 2}),
        ("access:decide", "POST", "/applications/{made}/steps", ALLOW),
    ],
)
def test_nobody_s_power_is_a_program_s_that_was_not_given_it(
    ask: Asking, scope: str, method: str, path: str, body: Any
) -> None:
    """Whatever the person may do here: the token has to say that the program may do it for them."""
    made = ask.made()
    ask.moved(made, "submit")
    path = path.format(made=made)
    others = {each for each in SCOPES if each != scope} - (
        {"access:decide"} if method == "GET" and made in path else set()
    )
    for who in ("ada", "dora"):
        refused = ask(method, path, f"{who} openid ga4gh_passport_v1 {' '.join(others)}", json=body)
        assert (refused.status_code, scope in refused.json()["error"]) == (403, True), refused.text
    who = "dora" if scope != "access:apply" else "ada"
    assert ask(method, path, f"{who} {scope}", json=body).status_code in (200, 201, 404, 409)
    assert ask(method, path, None, json=body).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/visas/%00", "/applications/%00", "/applications/a%00b", "/visas?subject=%00", "/visas?before=%00"],
)
def test_an_id_that_nothing_can_have_is_a_400(ask: Asking, path: str) -> None:
    assert ask("GET", path, "dora").status_code == 400
