"""Registering by reference over HTTP: who may, and what becomes of what they say."""

import hashlib
from typing import Any

import pytest

from governance.caller import Identity, Role
from governance.roles import RoleRegister
from tests.drs.site import OTHER, Site
from tests.governance.audit.trails import bodies

API = "/drs/api/objects"


@pytest.fixture(scope="module")
def custodian(site: Site) -> dict[str, str]:
    who = Identity(site.issuer.url, "kay")
    RoleRegister(site.database).give(who, Role.CUSTODIAN)
    return site.token("kay", site.issuer.visa("kay", value=OTHER))


def register(site: Site, headers: dict[str, str], *objects: Any, dataset: str = "controlled") -> Any:
    return site.http.post(API, json={"dataset": dataset, "objects": list(objects)}, headers=headers)


def test_a_custodian_registers_lists_and_removes_and_reads_no_data(
    site: Site, custodian: dict[str, str]
) -> None:
    file = site.root / "controlled/extra.txt"
    file.write_bytes(b"extra")
    before = len(bodies(site.database))
    md5 = hashlib.md5(b"extra").hexdigest()  # noqa: S324
    answer = register(
        site,
        custodian,
        {"location": str(file), "size": 5, "checksums": {"md5": md5}, "id": "x/1"},
        {"location": str(file), "size": 6},
        {"location": "/etc/passwd"},
        {"name": "all", "contents": [{"name": "extra", "id": "x/1"}]},
    ).json()["objects"]
    assert [each["registered"] for each in answer] == [True, False, False, True]
    assert answer[0] == {"registered": True, "id": "x/1", "new": True, "prepared": True}
    acts = [
        each for each in bodies(site.database)[before:] if each["kind"] == "act" and "objects" in each["what"]
    ]
    assert [(each["what"], each["outcome"]) for each in acts] == [
        ("objects.registered", "begun"), ("objects.registered", "done")]  # fmt: skip
    listed = site.http.get(API, params={"dataset": "controlled", "limit": 1000}, headers=custodian).json()[
        "objects"
    ]
    assert "x/1" in {each["id"] for each in listed}
    assert (
        site.http.get(f"{API}/x%2F1", headers=custodian).json()["places"][0]["key"] == "controlled/extra.txt"
    )
    assert site.get("/objects/x%2F1", headers=custodian).status_code == 403  # no role reads data
    assert (
        site.http.request("DELETE", f"{API}/x%2F1", headers=custodian).status_code == 409
    )  # a bundle holds it
    assert site.http.request("DELETE", f"{API}/{answer[3]['id']}", headers=custodian).status_code == 200
    assert site.http.request("DELETE", f"{API}/x%2F1", headers=custodian).status_code == 200
    assert site.http.get(f"{API}/x%2F1", headers=custodian).status_code == 403
    assert file.read_bytes() == b"extra"


def test_nobody_else_registers_lists_shows_or_removes(site: Site) -> None:
    identifier = site.ids["open/a.bam"]
    for headers, status in (({}, 401), (site.granted(), 403)):
        for method, path, options in (
            ("GET", f"{API}?dataset=open", {}),
            ("POST", API, {"json": {"dataset": "open", "objects": [{"location": "/x"}]}}),
            ("GET", f"{API}/{identifier}", {}),
            ("DELETE", f"{API}/{identifier}", {}),
        ):
            absent = path.replace(identifier, "absent").replace("open", "absent")
            other = {"json": {**options["json"], "dataset": "absent"}} if options else {}
            answers = [
                site.http.request(method, path, headers=headers, **options),
                site.http.request(method, absent, headers=headers, **other),
            ]
            assert [each.status_code for each in answers] == [status, status], (method, path)
            assert answers[0].text == answers[1].text
    assert site.get(f"/objects/{identifier}").status_code == 200


def test_what_has_no_checksum_waits_for_a_worker(site: Site, custodian: dict[str, str]) -> None:
    from drs.registering.preparing import Preparing

    file = site.root / "open/later.txt"
    file.write_bytes(b"later")
    [came] = register(site, custodian, {"location": str(file)}, dataset="open").json()["objects"]
    assert came["prepared"] is False
    assert site.get(f"/objects/{came['id']}").status_code == 202
    Preparing(site.database, site.objects.parts.places._stores).work()
    told = site.get(f"/objects/{came['id']}").json()
    assert {each["type"] for each in told["checksums"]} == {"sha-256", "md5", "crc32c"}
