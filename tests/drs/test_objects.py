"""What DRS tells of objects, to whom, and in which words it does not."""

import json
from urllib.parse import quote

import pytest

from drs.domain.entries import Entry
from drs.domain.identifiers import self_uri
from drs.domain.objects import Place
from tests.drs.site import CREATED, FILES, GRANT, OTHER, Site, content, entry
from tests.issuer import REGISTERED


def test_an_open_object_says_what_its_bytes_are(site: Site) -> None:
    told = site.get(f"/objects/{site.ids['open/a.bam']}").json()
    data = content("open", "a.bam")
    assert (told["name"], told["size"], told["created_time"]) == ("a.bam", len(data), "2024-02-29T12:00:00Z")
    assert told["self_uri"] == f"drs://testserver/{told['id']}"
    assert {each["access_id"] for each in told["access_methods"]} == {"https"}
    assert told["access_methods"][0]["authorizations"]["supported_types"][0] == "None"


@pytest.mark.parametrize(
    ("dataset", "anonymous", "granted"),
    [
        ("open", 200, 200),
        ("controlled", 401, 200),
        ("computed", 401, 200),
        ("registered", 401, 403),
        ("closed", 404, 404),
        ("secret", 404, 200),
    ],
)
def test_who_may_look_up_an_object(site: Site, dataset: str, anonymous: int, granted: int) -> None:
    path = f"/objects/{site.ids[f'{dataset}/a.bam']}"
    assert site.get(path).status_code == anonymous
    assert site.get(path, headers=site.granted()).status_code == granted


def test_what_may_be_computed_on_is_looked_up_and_does_not_leave(site: Site) -> None:
    answer = site.get(f"/objects/{site.ids['computed/a.bam']}/access/https", headers=site.granted())
    assert answer.status_code == 403
    assert "stay at this site" in answer.json()["msg"]


def test_a_refusal_says_which_visa_opens_the_door_and_where_to_apply(site: Site) -> None:
    path = f"/objects/{site.ids['controlled/a.bam']}"
    for answer in (
        site.get(path),
        site.get(path, headers=site.token("bo", site.issuer.visa("bo", value=OTHER))),
    ):
        told = answer.json()
        assert told["status_code"] == answer.status_code
        assert GRANT in told["msg"]
        assert "https://site.example/apply?dataset=controlled" in told["msg"]
        [[visa]] = told["insitu"]["opens"]
        assert visa == {
            "type": "ControlledAccessGrants",
            "values": [GRANT],
            "by": ["dac", "so", "system"],
            "issuers": [site.issuer.url],
        }
    registered = site.get(f"/objects/{site.ids['registered/a.bam']}").json()["insitu"]["opens"]
    assert [(each["type"], each["values"]) for each in registered[0]] == [
        ("AcceptedTermsAndPolicies", [REGISTERED]),
        ("ResearcherStatus", [REGISTERED]),
    ]


def test_a_visa_that_does_not_count_is_named_with_its_reason_in_answer_and_log(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    late = site.token("late", site.issuer.visa("late", value=GRANT, exp=1_000_000_000))
    answer = site.get(f"/objects/{site.ids['controlled/a.bam']}", headers=late)
    assert answer.status_code == 403
    [turned] = answer.json()["insitu"]["turned"]
    assert turned["rule"] == "exp"
    assert turned["digest"][:12] in answer.json()["msg"]
    assert f"{turned['digest'][:12]} (exp)" in caplog.text


def test_a_secret_object_is_answered_like_none_in_every_operation(site: Site) -> None:
    secret, absent = site.ids["secret/a.bam"], "0" * 32
    for headers in ({}, site.token("nobody")):
        for method, path, body in (
            ("GET", "/objects/ID", None),
            ("POST", "/objects/ID", {}),
            ("OPTIONS", "/objects/ID", None),
            ("GET", "/objects/ID/access/https", None),
            ("GET", "/objects/ID/access/none", None),
            ("POST", "/objects/ID/access/https", {}),
            ("POST", "/objects", {"bulk_object_ids": ["ID"]}),
            ("OPTIONS", "/objects", {"bulk_object_ids": ["ID"]}),
            ("POST", "/objects/access", {"bulk_object_access_ids": [
                {"bulk_object_id": "ID", "bulk_access_ids": ["https"]}]}),
        ):  # fmt: skip
            answers = [
                site.http.request(
                    method,
                    "/ga4gh/drs/v1" + path.replace("ID", each),
                    headers=headers,
                    json=None if body is None else json.loads(json.dumps(body).replace("ID", each)),
                )
                for each in (secret, absent)
            ]
            assert answers[0].status_code == answers[1].status_code, (method, path)
            assert answers[0].text.replace(secret, absent) == answers[1].text, (method, path)


def test_options_say_how_to_authorise_to_anybody_and_of_no_secret(site: Site) -> None:
    answer = site.http.request("OPTIONS", f"/ga4gh/drs/v1/objects/{site.ids['controlled/a.bam']}").json()
    assert answer["supported_types"] == ["BearerAuth", "PassportAuth"]
    assert answer["passport_auth_issuers"] == answer["bearer_auth_issuers"] == [site.issuer.url]
    assert answer["insitu"]["dataset"] == "controlled"
    ids = [site.ids[f"{name}/a.bam"] for name in ("open", "controlled", "secret", "closed")]
    many = site.http.request("OPTIONS", "/ga4gh/drs/v1/objects", json={"bulk_object_ids": ids}).json()
    assert many["summary"] == {"requested": 4, "resolved": 2, "unresolved": 2}
    assert {each["drs_object_id"] for each in many["resolved_drs_object"]} == set(ids[:2])
    assert [each["error_code"] for each in many["unresolved_drs_objects"]] == [404]
    granted = site.http.request(
        "OPTIONS", f"/ga4gh/drs/v1/objects/{site.ids['secret/a.bam']}", headers=site.granted()
    )
    assert granted.status_code == 200


def test_bulk_answers_each_id_once_as_if_it_had_been_asked_alone(site: Site) -> None:
    ids = [*site.ids.values(), *site.ids.values(), "absent", ""]
    found = site.post("/objects", {"bulk_object_ids": ids}, headers=site.granted()).json()
    alone = {
        each: site.get(f"/objects/{quote(each, safe='')}", headers=site.granted())
        for each in dict.fromkeys(ids)
        if each
    }
    wanted = {each: answer.json() for each, answer in alone.items() if answer.status_code == 200}
    assert {each["id"]: each for each in found["resolved_drs_object"]} == wanted
    codes = {
        each: group["error_code"] for group in found["unresolved_drs_objects"] for each in group["object_ids"]
    }
    assert codes == {"": 404} | {
        each: answer.status_code for each, answer in alone.items() if answer.status_code != 200
    }
    requested = len(set(ids))
    assert found["summary"] == {
        "requested": requested,
        "resolved": len(wanted),
        "unresolved": requested - len(wanted),
    }


def test_bulk_is_one_query_one_decision_for_each_dataset_and_one_row_of_the_record(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    import drs.store.objects as store
    from database import prepared

    real = prepared.execute_prepared
    monkeypatch.setattr(store, "execute_prepared", lambda *said: (asked.append(said[1]), real(*said))[1])
    from tests.governance.audit.trails import bodies

    before = len(bodies(site.database))
    site.post("/objects", {"bulk_object_ids": list(site.ids.values())})
    [row] = bodies(site.database)[before:]
    assert len(asked) == 1
    named = {each["dataset"] for each in row["decisions"]}
    assert named == {"closed", "computed", "controlled", "open", "registered", "secret"}
    assert {each["dataset"]: each["results"] for each in row["decisions"]}["open"] == len(FILES)
    assert row["action"] == "drs:describe"


def test_more_than_the_most_in_bulk_is_a_413(site: Site) -> None:
    most = site.get("/service-info").json()["maxBulkRequestLength"]
    answer = site.post("/objects", {"bulk_object_ids": ["x"] * (most + 1)})
    assert (answer.status_code, answer.json()["status_code"]) == (413, 413)
    pairs = [
        {"bulk_object_id": str(number), "bulk_access_ids": ["https", "s3"]} for number in range(most // 2 + 1)
    ]
    assert site.post("/objects/access", {"bulk_object_access_ids": pairs}).status_code == 413
    assert site.http.request(
        "OPTIONS", "/ga4gh/drs/v1/objects", json={"bulk_object_ids": ["x"] * (most + 1)}
    ).status_code == 413  # fmt: skip


def test_ids_with_slashes_aliases_and_compact_ids_resolve(site: Site) -> None:
    file = site.root / "open" / "odd"
    file.write_bytes(b"odd")
    made = entry("open", site.root, "open/odd", id="study/1:odd=+", aliases=["doi:10.1/odd", "ein Name"])
    [found] = site.registrar.register([made])
    assert (found.id, found.wrong) == ("study/1:odd=+", None)
    for name in ("study/1:odd=+", "doi:10.1/odd", "ein Name"):
        told = site.get(f"/objects/{quote(name, safe='')}").json()
        assert told["id"] == "study/1:odd=+", name
        assert told["aliases"] == ["doi:10.1/odd", "ein Name"]
    assert told["self_uri"] == "drs://testserver/study%2F1%3Aodd%3D%2B"
    access = f"/objects/{quote(found.id, safe='')}/access/https"
    assert site.get(access).status_code == 200
    assert site.get("/objects/study/1:odd=+").status_code == 404


def test_a_self_uri_never_has_a_port_and_names_the_prefix_where_the_host_would_not_do() -> None:
    assert self_uri("a/b", "https://drs.example/ga4gh/drs/v1", "pre") == "drs://drs.example/a%2Fb"
    assert self_uri("a", "https://drs.example:443", "pre") == "drs://drs.example/a"
    assert self_uri("a", "https://drs.example:8443/x", "n2t/pre") == "drs://n2t/pre:a"
    assert self_uri("a", "http://127.0.0.1:8080", None) == "drs://127.0.0.1/a"
    assert self_uri("a", "http://[::1]:8080", None) == "drs://[::1]/a"


def test_counts_tell_of_what_anybody_may_look_up_only(site: Site) -> None:
    drs = site.get("/service-info").json()["drs"]
    assert 0 < drs["objectCount"] < len(site.ids)
    open_ = sum(len(content("open", key)) for key in FILES)
    assert open_ <= drs["totalObjectSize"] < open_ + 100


def test_an_object_in_preparation_is_a_202_that_says_when_to_ask_again(site: Site) -> None:
    place = Place("files", "open/a.bam", None)
    waiting = Entry.of_file("open", place, 5, {}, CREATED, id="waiting")
    site.registrar.register([waiting])
    for path in ("/objects/waiting", "/objects/waiting/access/https"):
        answer = site.get(path)
        assert (answer.status_code, answer.content) == (202, b"")
        assert int(answer.headers["retry-after"]) > 0
    found = site.post("/objects", {"bulk_object_ids": ["waiting"]}).json()
    assert [(each["error_code"], each["object_ids"]) for each in found["unresolved_drs_objects"]] == [
        (202, ["waiting"])
    ]
    site.registrar.register([entry("open", site.root, "open/a.bam")])  # gives the place back to its object


def test_passports_in_a_body_count_together_and_each_failure_is_named(site: Site) -> None:
    issuer, path = site.issuer, f"/objects/{site.ids['registered/a.bam']}"
    terms = issuer.visa("eve", "AcceptedTermsAndPolicies", REGISTERED, said={"by": "self"})
    status = issuer.visa("eve", "ResearcherStatus", REGISTERED)
    passports = [issuer.passport("eve", [terms]), issuer.passport("eve", [status])]
    assert site.post(path, {"passports": passports[:1]}).status_code == 403
    assert site.post(path, {"passports": passports}).status_code == 200
    bulk = site.post("/objects", {"passports": passports, "bulk_object_ids": [site.ids["registered/a.bam"]]})
    assert bulk.json()["summary"]["resolved"] == 1
    access = site.post(f"{path}/access/https", {"passports": passports})
    assert access.status_code == 200
    foreign = issuer.passport("eve", [status], aud=["https://elsewhere.example"])
    answer = site.post(path, {"passports": [passports[0], foreign]})
    assert answer.status_code == 401
    assert "passport 2 of 2 is not accepted (aud)" in answer.json()["msg"]
    both = site.post(path, {"passports": [passports[0]]}, headers=site.token("eve", status))
    assert both.status_code == 200
