"""Every operation of every document, asked by whom policy gives nothing: nothing of the data comes out.

A whole site: clearinghouse, rules, budgets and trail, over HTTP. Each dataset has people of its own names, so
that whatever is said of them is found in the answer.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

import beacon.app
from database.engine import Database
from database.migrations import migrate
from database.moments import Moments
from governance.datasets import PROTECTIONS, Tier
from governance.disclosure.told import COUNTER as TOLD
from governance.policy import inquiry
from governance.register import COUNTER as REGISTER
from governance.register import DatasetRegister
from insitu.governing import Governing, governing
from insitu.house import ROOMS
from serving.app import App
from serving.document import Operation
from serving.testing import Client, client
from tests.beacon.files import vcf
from tests.governance.audit.trails import bodies, verified
from tests.issuer import REGISTERED, Issuer, trust_text
from variants.loading.loader import Loader
from variants.service import COUNTER as RELEASES
from variants.service import Variants

GRANT, OTHER = "https://data.example/one", "https://data.example/another"
DATASETS: dict[str, dict[str, Any]] = {
    "closed": {},
    "controlled": {"controlled": Tier.RECORD, "grants": (GRANT,)},
    "registered": {"registered": Tier.COUNT},
    "secret": {"controlled": Tier.RECORD, "grants": (GRANT,), "confidential": True},
}
RANGE = {"assemblyId": "GRCh37", "referenceName": "20", "start": 999_000, "end": 1_100_000}
WHOLE = {"requestedGranularity": "record", "includeResultsetResponses": "ALL"}


@dataclass(frozen=True)
class Site:
    """What is asked, who may, and what keeps the record."""

    app: App
    http: Client
    issuer: Issuer
    governing: Governing


@pytest.fixture(scope="module")
def site(fresh_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    database = Database(fresh_database_url)
    with Issuer() as issuer:
        (folder / "governance").mkdir()
        (folder / "governance" / "trust.toml").write_text(trust_text([issuer], [issuer]))
        migrate(database, ROOMS)
        register = DatasetRegister(database)
        for name, said in DATASETS.items():
            register.add(name, "GRCh37", protection=PROTECTIONS["none"], **said)
            _load(database, register, name, folder)
        with governing(folder, database) as found:
            app = beacon.app.create_app(
                variants=Variants(database),
                register=register,
                gate=found.gate,
                disclosure=found.disclosure,
                moments=Moments(database, (REGISTER, RELEASES, TOLD)),
                identify=found.identify,
            )
            with client(app) as http:
                yield Site(app, http, issuer, found)
    database.dispose()


def _load(database: Database, register: DatasetRegister, name: str, folder: Path) -> None:
    path = folder / f"{name}.vcf"
    path.write_text(vcf(tuple(f"{name}-person-{number}" for number in range(5))))
    with Loader(database) as loader:
        loader.run(loader.plan(register.get(name), [path]))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def requests(operation: Operation, dataset: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The operation asked for all that it could tell of a dataset: of itself, of its people, of alleles."""
    person = f"{dataset}-person-0"
    named = {
        "datasets": dataset,
        "cohorts": f"cohort-{dataset}",
        "individuals": person,
        "biosamples": person,
        "runs": f"run-{person}",
        "analyses": f"analysis-{person}",
        "g_variants": "GRCh37-20-1000000-A-T",
    }
    name = named.get(operation.path.strip("/").partition("/")[0], "x")
    path = beacon.app.BASE_PATH + re.sub(r"\{.+?\}", name, operation.path)
    known = {each.name for each in operation.parameters}
    for asked in (WHOLE | RANGE, WHOLE | RANGE | {"datasetIds": dataset}):
        if operation.method.upper() == "GET":
            yield "GET", path, {"params": {key: value for key, value in asked.items() if key in known}}
        else:
            yield "POST", path, {"json": body(asked)}


def body(asked: dict[str, Any]) -> dict[str, Any]:
    parameters = {key: value for key, value in asked.items() if key in RANGE}
    query: dict[str, Any] = {key: value for key, value in asked.items() if key in WHOLE}
    if "datasetIds" in asked:
        query["requestParameters"] = {"datasets": {"datasetIds": [asked["datasetIds"]]}}
    if parameters:
        query.setdefault("requestParameters", {})["g_variant"] = parameters
    return {"meta": {"apiVersion": "v2.0"}, "query": query}


def told(answer: httpx.Response, dataset: str) -> bool:
    """True where anything of the dataset's content is in the answer: its people, or that anything matches."""
    text = answer.text
    found = json.loads(text)
    echo = found.get("meta", {}).get("receivedRequestSummary")
    without_echo = text.replace(json.dumps(echo, separators=(",", ":")), "") if echo else text
    if "error" in found:
        return f"{dataset}-person" in re.sub(r"'[^']*'", "", without_echo)
    summary = found.get("responseSummary", {})
    return (
        f"{dataset}-person" in without_echo
        or bool(summary.get("exists"))
        or bool(summary.get("numTotalResults"))
        or bool(found.get("response", {}).get("resultSets"))
        or bool(found.get("response", {}).get("collections"))
    )


def without_right(issuer: Issuer) -> dict[str, tuple[dict[str, str], set[int]]]:
    """Who asks, and how the site may answer what is governed."""
    issuer.gives("nobody", [])
    issuer.gives("stranger", [issuer.visa("stranger", value=OTHER)])
    issuer.gives("late", [issuer.visa("late", value=GRANT, exp=1_000_000_000)])
    issuer.gives("thief", [issuer.visa("somebody-else", value=GRANT)])
    known = {200, 403, 404}
    return {
        "no token": ({}, {200, 401, 404}),
        "a bad token": (bearer("not.a.token"), {401}),
        "an expired token": (bearer(issuer.access_token("nobody", exp=1_000_000_000)), {401}),
        "another scheme": ({"Authorization": "Basic YTpi"}, {401}),
        "a token without visas": (bearer(issuer.access_token("nobody")), known),
        "a visa for something else": (bearer(issuer.access_token("stranger")), known),
        "an expired visa": (bearer(issuer.access_token("late")), known),
        "somebody else's visa": (bearer(issuer.access_token("thief")), known),
    }


def test_no_operation_tells_anything_to_whom_policy_opens_nothing(site: Site) -> None:
    wrong = []
    for who, (headers, statuses) in without_right(site.issuer).items():
        refused = statuses == {401}  # before anything is looked at: one request for each operation will do
        for operation in site.app.standard.operations.values():
            fits = {200, 401} if operation.access.value == "public" else statuses
            for dataset in ["closed"] if refused else DATASETS:
                for method, path, options in islice(requests(operation, dataset), 1 if refused else None):
                    answer = site.http.request(method, path, headers=headers, **options)
                    if answer.status_code not in fits or any(told(answer, each) for each in DATASETS):
                        wrong.append(f"{who}: {method} {path} {options}: {answer.status_code} {answer.text}")
    assert not wrong, "\n".join(each[:500] for each in wrong[:5])


def test_the_visa_that_a_dataset_wants_opens_it_and_no_other(site: Site) -> None:
    """So that the walk above can fail."""
    site.issuer.gives("alice", [site.issuer.visa("alice", value=GRANT)])
    headers = bearer(site.issuer.access_token("alice"))
    answer = site.http.get(f"{beacon.app.BASE_PATH}/individuals", params=WHOLE | RANGE, headers=headers)
    assert answer.status_code == 200
    assert told(answer, "controlled")
    assert told(answer, "secret")
    assert all(name not in answer.text for name in ("closed-person", "registered-person"))


def test_records_honour_what_the_law_of_their_dataset_obliges_to(site: Site, tmp_path: Path) -> None:
    """The files say `##fileDate=20240229`; Safe Harbor leaves the year."""
    database = site.governing.trail.database
    register = DatasetRegister(database)
    for name, law in (("american", "us-hipaa"), ("lawless", None)):
        register.add(name, "GRCh37", Tier.RECORD, jurisdiction=law, protection=PROTECTIONS["none"])
        _load(database, register, name, tmp_path)
    try:
        answer = site.http.get(f"{beacon.app.BASE_PATH}/runs", params=WHOLE)
    finally:
        for name in ("american", "lawless"):
            register.remove(name)
    dates = {
        each["id"]: {one["runDate"] for one in each["results"]}
        for each in answer.json()["response"]["resultSets"]
    }
    assert dates == {"american": {"2024"}, "lawless": {"2024-02-29"}}


def test_a_secret_dataset_is_answered_like_one_that_is_not_there(site: Site) -> None:
    for headers in ({}, bearer(site.issuer.access_token("nobody"))):
        for operation in site.app.standard.operations.values():
            for method, path, options in requests(operation, "secret"):
                absent = json.loads(json.dumps([path, options]).replace("secret", "absent"))
                first = site.http.request(method, path, headers=headers, **options)
                second = site.http.request(method, absent[0], headers=headers, **absent[1])
                assert first.status_code == second.status_code, (path, options)
                assert first.text.replace("secret", "absent") == second.text, (path, options)


@pytest.mark.parametrize(
    "path", ["/g_variants?datasetIds={}", "/datasets/{}", "/cohorts/cohort-{}/individuals"]
)
def test_rules_are_asked_as_much_about_a_secret_dataset_as_about_one_that_is_not_there(
    site: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes longer tells: the question of a fresh caller is put to the rules, which takes a while."""
    cases: list[int] = []
    real = inquiry.judge
    monkeypatch.setattr(inquiry, "judge", lambda *asked: (cases.append(len(asked[2])), real(*asked))[1])
    counted = {}
    for name in ("secret", "absent"):
        who = f"fresh-{name}-{len(path)}"
        site.issuer.gives(who, [])
        site.http.get(f"{beacon.app.BASE_PATH}/info", headers=bearer(site.issuer.access_token(who)))
        cases.clear()
        answer = site.http.get(
            beacon.app.BASE_PATH + path.format(name), headers=bearer(site.issuer.access_token(who))
        )
        assert answer.status_code in (403, 404)
        counted[name] = [*cases]
    assert counted["secret"] == counted["absent"] != []


def test_what_is_no_secret_is_listed_for_all_with_the_door_to_knock_at(site: Site) -> None:
    answer = site.http.get(f"{beacon.app.BASE_PATH}/datasets").json()
    listed = {each["id"]: each["info"] for each in answer["response"]["collections"]}
    assert {name: info["securityLevels"] for name, info in listed.items()} == {
        "controlled": {"CONTROLLED": "record"},
        "registered": {"REGISTERED": "count"},
    }
    assert listed["controlled"]["visas"]["values"] == [GRANT]
    assert all(not {"variants", "samples", "version"} & set(info) for info in listed.values())
    security = site.http.get(f"{beacon.app.BASE_PATH}/configuration").json()["response"]["securityAttributes"]
    assert security["securityLevels"] == ["REGISTERED", "CONTROLLED"]
    assert set(security["datasets"]) == set(listed)


@pytest.mark.parametrize("path", ["/g_variants?datasetIds=controlled", "/datasets/controlled/individuals"])
def test_a_refusal_says_what_would_open_the_door_and_which_visa_does_not(site: Site, path: str) -> None:
    site.issuer.gives("late", [site.issuer.visa("late", value=GRANT, exp=1_000_000_000)])
    late = bearer(site.issuer.access_token("late", jti="another"))
    why = ("1 do not count", "(exp)")
    for headers, status, more in (({}, 401, ("Send credentials",)), (late, 403, why)):
        answer = site.http.get(beacon.app.BASE_PATH + path, headers=headers)
        assert answer.status_code == answer.json()["error"]["errorCode"] == status
        said = answer.json()["error"]["errorMessage"]
        assert GRANT in said
        assert all(each in said for each in more), said


def test_registered_access_wants_both_visas_of_one_value(site: Site) -> None:
    terms = {"type_": "AcceptedTermsAndPolicies", "value": REGISTERED, "said": {"by": "self"}}
    status = {"type_": "ResearcherStatus", "value": REGISTERED}
    for visas, number in (([terms], None), ([status], None), ([terms, status], 5)):
        who = f"researcher-{len(visas)}-{visas[0]['type_']}"
        site.issuer.gives(who, [site.issuer.visa(who, **each) for each in visas])
        answer = site.http.get(
            f"{beacon.app.BASE_PATH}/individuals",
            params={"datasetIds": "registered", "requestedGranularity": "record"},
            headers=bearer(site.issuer.access_token(who)),
        )
        assert answer.json().get("responseSummary", {}).get("numTotalResults") == number, answer.text
        assert "person" not in answer.text


def test_every_answer_is_on_record(site: Site) -> None:
    database, before = site.governing.trail.database, len(bodies(site.governing.trail.database))
    site.http.get(f"{beacon.app.BASE_PATH}/individuals", params=WHOLE | RANGE)
    last = bodies(database)[before:]
    assert [(each["action"], each["outcome"], each["subject"]) for each in last] == [
        ("beacon:record", "answered", None)
    ]
    assert verified(site.governing.trail).whole
