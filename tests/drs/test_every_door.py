"""Every operation of DRS, htsget and the admin API, asked by whom policy opens nothing: nothing comes out.

As `tests/insitu/test_every_door.py` does for the Beacon.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from governance.policy import inquiry
from serving.document import Operation
from tests.drs.site import FILES, GRANT, OTHER, Site, content

CLOSED = ("controlled", "computed", "registered", "closed", "secret")


def requests(
    operation: Operation, base: str, site: Site, dataset: str
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The operation, asked for every file of a dataset."""
    for key in FILES:
        identifier = site.ids[f"{dataset}/{key}"]
        named = {"object_id": identifier, "access_id": "https", "id": identifier}
        path = re.sub(r"\{(.+?)\}", lambda name, named=named: named[name[1]], operation.path)
        options: dict[str, Any] = {}
        if operation.body is not None:
            options["json"] = {
                "GetBulkObjects": {"bulk_object_ids": [identifier]},
                "OptionsBulkObject": {"bulk_object_ids": [identifier]},
                "GetBulkAccessURL": {
                    "bulk_object_access_ids": [{"bulk_object_id": identifier, "bulk_access_ids": ["https"]}]
                },
                "registerObjects": {
                    "dataset": dataset,
                    "objects": [{"location": str(site.root / dataset / key)}],
                },
            }.get(operation.id, {})
        if operation.id == "listObjects":
            options["params"] = {"dataset": dataset}
        yield operation.method.upper(), base + path, options


def markers(dataset: str) -> list[str]:
    """Whatever only who has something of a dataset's files can know."""
    found = []
    for key in FILES:
        data = content(dataset, key)
        found += [hashlib.sha256(data).hexdigest(), hashlib.md5(data).hexdigest()]  # noqa: S324
        found += [f"{key} of {dataset}", f'"{key.rpartition("/")[2]}"', f"{dataset}/{key}"]
    return [*found, "/drs/bytes/", "signature="]


def without_right(site: Site) -> dict[str, dict[str, str]]:
    issuer = site.issuer
    return {
        "nobody": {},
        "no visas": site.token("none"),
        "another grant": site.token("stranger", issuer.visa("stranger", value=OTHER)),
        "an ended visa": site.token("late", issuer.visa("late", value=GRANT, exp=1_000_000_000)),
        "somebody else's": site.token("thief", issuer.visa("ada", value=GRANT)),
    }


def test_no_operation_tells_anything_of_a_file_to_whom_policy_opens_nothing(site: Site) -> None:
    wrong, asked = [], 0
    for who, headers in without_right(site).items():
        for app in site.apps:
            for operation in app.standard.operations.values():
                for dataset in CLOSED:
                    for method, path, options in requests(operation, app.standard.base_path, site, dataset):
                        answer = site.http.request(method, path, headers=headers, **options)
                        asked += 1
                        told = [each for each in markers(dataset) if each in answer.text]
                        if told or answer.status_code not in (200, 400, 401, 403, 404):
                            wrong.append(f"{who}: {method} {path}: {answer.status_code} {told} {answer.text}")
    assert asked > 1_000
    assert not wrong, "\n".join(each[:400] for each in wrong[:5])


def test_the_visa_that_opens_them_opens_them(site: Site) -> None:
    """So that the walk above can fail."""
    ada = site.granted()
    for dataset in ("controlled", "secret"):
        told = site.get(f"/objects/{site.ids[f'{dataset}/a.bam']}", headers=ada).text
        assert any(each in told for each in markers(dataset))
        address = site.get(f"/objects/{site.ids[f'{dataset}/a.bam']}/access/https", headers=ada).json()["url"]
        assert "/drs/bytes/" in address
        assert site.http.get(address).content == content(dataset, "a.bam")


@pytest.mark.parametrize("path", ["/objects/{}", "/objects/{}/access/https"])
def test_rules_and_database_are_asked_as_much_about_a_secret_object_as_about_one_that_is_not_there(
    site: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes longer tells: of a caller whom nothing is remembered of."""
    cases: list[int] = []
    real = inquiry.judge
    monkeypatch.setattr(inquiry, "judge", lambda *said: (cases.append(len(said[2])), real(*said))[1])
    import drs.store.objects as store

    asked: list[str] = []
    execute = store.execute_prepared
    monkeypatch.setattr(store, "execute_prepared", lambda *said: (asked.append(said[1]), execute(*said))[1])
    counted = {}
    for name in (site.ids["secret/a.bam"], "0" * 32):
        headers = site.token(f"fresh-{name}-{len(path)}")
        site.get("/service-info", headers=headers)
        cases.clear()
        asked.clear()
        assert site.get(path.format(name), headers=headers).status_code == 404
        counted[name] = ([*cases], [*asked])
    first, second = counted.values()
    assert first == second
    assert first[0] != []
    assert len(first[1]) == 1
