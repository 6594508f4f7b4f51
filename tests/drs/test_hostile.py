"""Sixty requests that mean no good: each refused in DRS's own error body, and memory stays where it was."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from drs.app import BASE_PATH
from drs.streaming.links import Link, Links
from tests.drs.site import GRANT, Site
from tests.drs.test_bytes_are_governed import address
from tests.issuer import ABSENT, Issuer

Case = tuple[str, Callable[[Site], Any], set[int]]
TRAVERSALS = (
    "..%2F..%2Fetc%2Fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5cwindows", "%2Fetc%2Fpasswd",
    "file:%2F%2F%2Fetc%2Fpasswd", "open%2Fa.bam", "..%c0%af..%c0%afetc", "a%00.bam", "%ff%fe", "x" * 5_000,
    "'%20OR%201=1--", "%27;DROP%20TABLE%20drs.object;--", "${jndi:ldap:%2F%2Fx}", "{{7*7}}", "*", "%25",
    "%3Cscript%3E", "%E2%80%AE", ".", "..",
)  # fmt: skip


def get(path: str, **options: Any) -> Callable[[Site], Any]:
    return lambda site: site.get(path, **options)


def objects() -> list[Case]:
    """Ids that lead nowhere, as objects and as the ids of access methods."""
    # A client takes `.` away before it asks, and then asks for the list that there is not.
    found: list[Case] = [(f"id {each[:30]}", get(f"/objects/{each}"), {400, 404, 405}) for each in TRAVERSALS]
    found += [
        (
            f"access {each[:30]}",
            lambda site, each=each: site.get(f"/objects/{site.ids['open/a.bam']}/access/{each}"),
            {400, 404},
        )
        for each in ("..%2F..", "file", "s3", "crypt4gh", "%00", "https%2F..", "x" * 3_000)
    ]
    return found


def bodies() -> list[Case]:
    """Bodies that ask for too much, or are none."""

    def post(path: str, body: Any) -> Callable[[Site], Any]:
        return lambda site: site.post(path, body)

    def raw(path: str, content: bytes, kind: str = "application/json") -> Callable[[Site], Any]:
        return lambda site: site.http.post(BASE_PATH + path, content=content, headers={"content-type": kind})

    return [
        ("a million ids", post("/objects", {"bulk_object_ids": [str(each) for each in range(10**6)]}), {413}),
        ("too many ids", post("/objects", {"bulk_object_ids": ["x"] * 1_001}), {413}),
        ("too many pairs", post("/objects/access", {"bulk_object_access_ids": [
            {"bulk_object_id": "x", "bulk_access_ids": [str(each) for each in range(1_001)]}]}), {413}),
        ("ids that are none", post("/objects", {"bulk_object_ids": [1, None]}), {400}),
        ("an id instead of ids", post("/objects", {"bulk_object_ids": "x"}), {400}),
        ("a NUL", post("/objects", {"bulk_object_ids": ["a\0"]}), {400}),
        ("lone surrogate", raw("/objects", b'{"bulk_object_ids":["\\ud800"]}'), {400}),
        ("passports of another kind", post("/objects/x", {"passports": [{}]}), {400}),
        ("one passport as a text", post("/objects/x", {"passports": "x"}), {400}),
        ("21 passports", post("/objects/x", {"passports": ["a.b.c"] * 21}), {401}),
        ("no JSON", raw("/objects", b"{"), {400}),
        ("deep JSON", raw("/objects", b"[" * 5_000), {400}),
        ("another type", raw("/objects", b"a=b", "application/x-www-form-urlencoded"), {415}),
        ("expand as a number", get("/objects/x?expand=7"), {400}),
        ("a parameter that is none", get("/objects/x?bearer=x"), {400}),
        ("a parameter twice", get("/objects/x?expand=true&expand=false"), {400}),
        ("another method", lambda site: site.http.request("DELETE", f"{BASE_PATH}/objects/x"), {405}),
        ("a list of all", get("/objects"), {405}),
    ]  # fmt: skip


def callers() -> list[Case]:
    """Who is not who they say, or has not what they say."""

    def passport(made: Callable[[Issuer], str]) -> Callable[[Site], Any]:
        return lambda site: site.post(
            f"/objects/{site.ids['controlled/a.bam']}", {"passports": [made(site.issuer)]}
        )

    def token(**claims: Any) -> Callable[[Site], Any]:
        return lambda site: site.get(
            f"/objects/{site.ids['controlled/a.bam']}",
            headers={"Authorization": f"Bearer {site.issuer.access_token('eve', **claims)}"},
        )

    granted = lambda issuer: issuer.visa("eve", value=GRANT)  # noqa: E731
    return [
        ("a passport for another", passport(
            lambda i: i.passport("eve", [granted(i)], aud=["https://x"])), {401}),
        ("an ended passport", passport(lambda i: i.passport("eve", [granted(i)], exp=1_000_000_000)), {401}),
        ("a visa as a passport", passport(granted), {401}),
        ("an access token as a passport", passport(lambda i: i.access_token("eve")), {401}),
        ("an unsigned passport", passport(
            lambda i: i.passport("eve", [granted(i)]).rpartition(".")[0] + "."), {401}),
        ("a passport of type JWT", passport(
            lambda i: i.passport("eve", [granted(i)], header={"typ": "JWT"})), {401}),
        ("somebody else's visa", passport(lambda i: i.passport("eve", [i.visa("ada", value=GRANT)])), {403}),
        ("a visa by oneself", passport(
            lambda i: i.passport("eve", [i.visa("eve", value=GRANT, said={"by": "self"})])), {403}),
        ("a visa of no source", passport(
            lambda i: i.passport("eve", [i.visa("eve", value=GRANT, said={"source": ABSENT})])), {403}),
        ("a token for another", token(aud="https://elsewhere.example"), {401}),
        ("an ended token", token(exp=1_000_000_000), {401}),
        ("a passport as a bearer", lambda site: site.get(
            f"/objects/{site.ids['controlled/a.bam']}",
            headers={"Authorization": f"Bearer {site.issuer.passport('eve', [])}"}), {401}),
        ("basic", get("/objects/x", headers={"Authorization": "Basic YTpi"}), {401}),
        ("another dataset's id among one's own", _foreign_in_bulk, {200}),
    ]  # fmt: skip


def _foreign_in_bulk(site: Site) -> Any:
    ids = [site.ids["open/a.bam"], site.ids["secret/a.bam"], site.ids["controlled/a.bam"]]
    answer = site.post(
        "/objects/access",
        {"bulk_object_access_ids": [{"bulk_object_id": each, "bulk_access_ids": ["https"]} for each in ids]},
    )
    told = answer.json()
    assert [each["drs_object_id"] for each in told["resolved_drs_object_access_urls"]] == ids[:1]
    assert {each["error_code"] for each in told["unresolved_drs_objects"]} == {401, 404}
    return answer


def links() -> list[Case]:
    """Addresses that were altered, made by somebody else, or are over."""

    def altered(change: Callable[[Site, str], str], **headers: str) -> Callable[[Site], Any]:
        return lambda site: site.http.get(change(site, address(site, "open/a.bam")), headers=headers)

    def forged(site: Site, _path: str) -> str:
        return Links(b"x" * 32, "/drs/bytes").url(Link(site.ids["secret/a.bam"], "anybody", 2**33, "m"))

    def with_bearer(_site: Site, path: str) -> str:
        return path.replace("bearer=anybody", "bearer=someone")

    return [
        ("another object", altered(
            lambda site, path: path.replace(site.ids["open/a.bam"], site.ids["secret/a.bam"])), {403}),
        ("another bearer", altered(with_bearer), {403}),
        ("a later end", altered(lambda _, path: path.replace("expires=1", "expires=9")), {403}),
        ("no signature", altered(lambda _, path: path.partition("&signature")[0]), {403}),
        ("an empty signature", altered(
            lambda _, path: path.partition("signature=")[0] + "signature="), {403}),
        ("somebody else's secret", altered(forged), {403}),
        ("one more parameter", altered(lambda _, path: path + "&x=1"), {403}),
        ("twice the same", altered(lambda _, path: path + "&method=https"), {403}),
        ("a traversal", altered(lambda _, path: path.replace("/drs/bytes/", "/drs/bytes/..%2F..%2F")), {403}),
        ("a range beyond", altered(lambda _, path: path, range="bytes=10000000-"), {416}),
        ("posted", lambda site: site.http.post(address(site, "open/a.bam"), content=b"x"), {405}),
    ]  # fmt: skip


CASES = [*objects(), *bodies(), *callers(), *links()]


def test_there_are_sixty() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(("name", "send", "statuses"), CASES, ids=[each[0] for each in CASES])
def test_a_hostile_request_is_refused_in_the_standards_words(
    site: Site, name: str, send: Callable[[Site], Any], statuses: set[int]
) -> None:
    answer = send(site)
    assert answer.status_code in statuses, f"{name}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code != 200:
        told = answer.json()
        assert told["status_code"] == answer.status_code
        assert told["msg"]
        assert len(answer.content) < 4_000
        assert "Traceback" not in answer.text
        assert "secret" not in answer.text


def test_hostile_requests_take_no_memory_that_they_do_not_give_back(site: Site) -> None:
    large = {"bulk_object_ids": ["x" * 900] * 1_000, "passports": ["a." * 20_000] * 2}
    for _ in range(3):
        site.post("/objects", large)
    before = psutil.Process(os.getpid()).memory_info().rss
    for number in range(60):
        site.post(
            "/objects", large | {"passports": [f"{number}." + base64.b64encode(os.urandom(30_000)).decode()]}
        )
        site.get(f"/objects/{quote(os.urandom(400).hex(), safe='')}")
    assert psutil.Process(os.getpid()).memory_info().rss - before < 40_000_000


def test_a_bundle_larger_than_the_site_tells_at_once_is_a_413(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drs.registering.bundling import Bundling
    from drs.registering.registrar import Report
    from drs.storage.location import Location

    top = Bundling(site.database, "open", Report()).run(Location("files", "open"))
    assert site.get(f"/objects/{top}?expand=true").status_code == 200
    monkeypatch.setattr(
        site.objects, "_settings", site.objects._settings.model_copy(update={"max_contents": 2})
    )
    assert site.get(f"/objects/{top}?expand=true").status_code == 413
    assert Path(site.root).exists()
