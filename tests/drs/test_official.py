"""DRS by the official document, and by a client that somebody else wrote."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from drsclient.client import DrsClient
from jsonschema import Draft202012Validator

from insitu.objects import listed
from insitu.registry import app as registry
from serving.testing import client, served
from tests.drs.site import FILES, Site, content, opened


@pytest.fixture(scope="module")
def url(site: Site) -> Iterator[str]:
    """The site, on a socket."""
    with served(site.whole) as found:
        yield found


@pytest.fixture(scope="module")
def site(fresh_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Without our own check of answers: theirs is to find what is wrong."""
    with opened(fresh_database_url, tmp_path_factory.mktemp("site")) as made:
        yield made


def test_drsclient_finds_every_open_object_and_fetches_its_bytes(site: Site, url: str) -> None:
    theirs = DrsClient(url)
    for key in FILES:
        found = theirs.get(site.ids[f"open/{key}"])
        assert found.status_code == 200
        [method] = found.json()["access_methods"]
        address = theirs.download(found.json()["id"], method["access_id"]).json()["url"]
        data = httpx.get(address).content
        sums = {each["type"]: each["checksum"] for each in found.json()["checksums"]}
        assert hashlib.md5(data).hexdigest() == sums["md5"]  # noqa: S324
        assert data == content("open", key)


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("who", ["nobody", "granted"])
def test_schemathesis_finds_nothing_against_the_official_document(
    site: Site, url: str, shared: Path, tmp_path: Path, who: str
) -> None:
    """All its checks but one: it may send NULs and integers of any length, which we refuse wherever they are.

    Passports are in bodies; the document calls them a scheme of HTTP, and it would want a header for them.
    """
    document = yaml.safe_load((shared / "specs/drs/1.5.0/bundled/openapi.yaml").read_text())
    for item in document["paths"].values():
        for operation in item.values():
            if {"PassportAuth": []} in operation.get("security", []):
                operation["security"] = [{}]
    for name, key in {"ObjectId": "open/a.bam", "AccessId": None}.items():
        declared = document["components"]["parameters"].get(name)
        if declared is not None:
            declared["example"] = "https" if key is None else site.ids[key]
    path = tmp_path / "openapi.yaml"
    path.write_text(yaml.safe_dump(document))
    (tmp_path / "schemathesis.toml").write_text("")
    headers = [] if who == "nobody" else ["-H", f"Authorization: {site.granted()['Authorization']}"]
    ran = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(path), "--url", f"{url}/ga4gh/drs/v1",
         "--max-examples", "40", "--seed", "1", "--no-color", "--exclude-checks",
         "positive_data_acceptance", *headers],
        cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


@pytest.mark.shared
def test_objects_validate_by_the_official_schema(site: Site, shared: Path) -> None:
    document = yaml.safe_load((shared / "specs/drs/1.5.0/bundled/openapi.yaml").read_text())
    paths = document["paths"]

    def valid(path: str, method: str, value: object) -> None:
        answer = paths[path][method]["responses"]["200"]
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        schema = answer["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(value)

    ids = list(site.ids.values())
    options = site.http.request("OPTIONS", f"/ga4gh/drs/v1/objects/{ids[0]}").json()
    valid("/objects/{object_id}", "options", options)
    valid("/objects/{object_id}", "get", site.get(f"/objects/{ids[0]}").json())
    valid("/objects", "post", site.post("/objects", {"bulk_object_ids": ids}).json())
    asked = {
        "bulk_object_access_ids": [
            {"bulk_object_id": each, "bulk_access_ids": ["https", "s3"]} for each in ids
        ]
    }
    valid("/objects/access", "post", site.post("/objects/access", asked).json())
    valid("/service-info", "get", site.get("/service-info").json())


@pytest.mark.shared
def test_the_registry_validates_by_the_official_schema(shared: Path) -> None:
    document = yaml.safe_load((shared / "specs/service-registry/1.0.0/service-registry.yaml").read_text())
    info = yaml.safe_load((shared / "specs/service-info/1.0.0/service-info.yaml").read_text())
    service = info["components"]["schemas"]["Service"]
    app = registry.create_app(listed(), "1", identify=lambda *_: None, validate_responses=True)
    with client(app) as http:
        services = http.get(f"{registry.BASE_PATH}/services").json()
        for each in services:
            Draft202012Validator({**service, "components": info["components"]}).validate(each)
            one = http.get(f"{registry.BASE_PATH}/services/{each['id']}")
            assert one.json() == each
        assert {each["type"]["artifact"] for each in services} == {"drs", "htsget"}
        assert {each["url"] for each in services if each["type"]["artifact"] == "drs"} == {
            "http://testserver"
        }
        types = http.get(f"{registry.BASE_PATH}/services/types").json()
        assert sorted(each["artifact"] for each in types) == ["drs", "htsget"]
        about = http.get(f"{registry.BASE_PATH}/service-info").json()
        Draft202012Validator({**service, "components": info["components"]}).validate(about)
        missing = http.get(f"{registry.BASE_PATH}/services/none")
        assert missing.status_code == missing.json()["status"] == 404
        assert set(missing.json()) == set(document["components"]["schemas"]["Error"]["required"]) | {"detail"}
