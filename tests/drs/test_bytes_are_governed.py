"""The third decision: what a signed address opens when its bytes are fetched."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from governance.datasets import Circle
from governance.policy.actions import Action
from governance.register import DatasetRegister
from tests.drs.site import GRANT, Site, content
from tests.governance.audit.trails import bodies, verified


def address(site: Site, key: str, headers: dict[str, str] | None = None) -> str:
    """A path, with its query, under which the bytes are."""
    answer = site.get(f"/objects/{site.ids[key]}/access/https", headers=headers or {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"]).removeprefix("http://testserver")


def test_three_decisions_are_on_record_and_the_address_names_nobody(site: Site) -> None:
    before = len(bodies(site.database))
    ada = site.granted("ada")
    site.get(f"/objects/{site.ids['controlled/a.bam']}", headers=ada)
    path = address(site, "controlled/a.bam", ada)
    assert "ada" not in path
    assert site.http.get(path).content == content("controlled", "a.bam")
    rows = [each for each in bodies(site.database)[before:] if each["kind"] == "answer"]
    assert [(each["action"], each["outcome"]) for each in rows] == [
        ("drs:describe", "answered"), ("drs:access", "answered"), ("drs:stream", "answered")]  # fmt: skip
    assert len({each["subject"] for each in rows}) == 1
    assert rows[0]["subject"] is not None
    assert [each["digest"] for each in rows[0]["visas"]] == [each["digest"] for each in rows[2]["visas"]]
    assert verified(site.governing.trail).whole


def closes(site: Site) -> None:
    DatasetRegister(site.database).change("controlled", download=Circle.NONE, compute=Circle.CONTROLLED)


def wants_another_grant(site: Site) -> None:
    DatasetRegister(site.database).change("controlled", grants=["https://data.example/new"])


def is_removed(site: Site) -> None:
    DatasetRegister(site.database).remove("controlled")


def is_written_to(site: Site) -> None:
    (site.root / "controlled/a.bam").write_bytes(b"something else")


def becomes_a_link(site: Site) -> None:
    (site.root / "controlled/a.bam").unlink()
    (site.root / "controlled/a.bam").symlink_to("/etc/passwd")


def is_gone(site: Site) -> None:
    (site.root / "controlled/a.bam").unlink()


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        (closes, 403),
        (wants_another_grant, 403),
        (is_removed, 404),
        (is_written_to, 409),
        (becomes_a_link, 409),
        (is_gone, 409),
    ],
)
def test_an_address_that_was_good_opens_nothing_when_something_has_changed(
    site: Site, happens: Callable[[Site], None], status: int
) -> None:
    register, was = DatasetRegister(site.database), (site.root / "controlled/a.bam").read_bytes()
    state = (site.root / "controlled/a.bam").stat()
    found = register.get("controlled")
    path = address(site, "controlled/a.bam", site.granted())
    try:
        happens(site)
        answer = site.http.get(path)
        assert (answer.status_code, answer.json()["status_code"]) == (status, status), answer.text
        again = site.get(f"/objects/{site.ids['controlled/a.bam']}/access/https", headers=site.granted())
        assert again.status_code == status
    finally:
        file = site.root / "controlled/a.bam"
        file.unlink(missing_ok=True)
        file.write_bytes(was)
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
        if "controlled" not in {each.id for each in register.all()}:
            register.add("controlled", "GRCh37")
        register.change("controlled", download=found.download, compute=found.compute, grants=found.grants)
        from tests.drs.site import entry

        site.registrar.register([entry("controlled", site.root, "controlled/a.bam")])
    assert site.http.get(address(site, "controlled/a.bam", site.granted())).status_code == 200


def test_an_address_ends_with_the_visas_and_the_token_that_it_was_given_for(site: Site) -> None:
    visa = site.issuer.visa("short", value=GRANT, exp=int(site.issuer.clock()) + 20)
    path = address(site, "controlled/a.bam", site.token("short", visa))
    ends = int(dict(part.split("=") for part in path.partition("?")[2].split("&"))["expires"])
    assert ends <= int(site.issuer.clock()) + 20 + 31
    [name] = {part.partition("=")[2] for part in path.split("?")[1].split("&") if part.startswith("bearer=")}
    bearer = site.objects.parts.bearers.caller(name)
    assert bearer is not None
    assert bearer.identity is not None
    assert bearer.identity.subject == "short"
    late = type(site.governing.clearinghouse)(
        site.governing.believed, site.governing.clearinghouse._http, lambda: ends + 1
    )
    assert late.again(bearer) is None


def test_a_rule_can_close_streams_and_leave_the_rest(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.policy.engine import Policy

    path = address(site, "open/a.bam")
    real = Policy.decide

    def decide(self: Policy, caller: Any, action: Action, *rest: Any) -> Any:
        return real(self, caller, Action.WES_RUN if action is Action.DRS_STREAM else action, *rest)

    monkeypatch.setattr(Policy, "decide", decide)
    assert site.http.get(path).status_code == 401
    assert site.get(f"/objects/{site.ids['open/a.bam']}/access/https").status_code == 200


def test_what_lies_in_a_cloud_is_given_by_the_clouds_own_address(site: Site) -> None:
    from tests.drs.site import entry

    (site.root / "far.bin").write_bytes(b"far away")
    [made] = site.registrar.register([entry("open", site.root, "far.bin", store="bucket")])
    methods = site.get(f"/objects/{made.id}").json()["access_methods"]
    assert [(each["type"], each["access_id"]) for each in methods] == [("https", "https"), ("s3", "s3")]
    url = site.get(f"/objects/{made.id}/access/s3").json()["url"]
    assert url.startswith("https://cloud.example/far.bin?for=")
    own = site.get(f"/objects/{made.id}/access/https").json()["url"].removeprefix("http://testserver")
    assert site.http.get(own).content == b"far away"
    (site.root / "far.bin").write_bytes(b"another")
    assert site.get(f"/objects/{made.id}/access/s3").status_code == 409


def test_what_the_law_keeps_in_a_place_leaves_only_for_who_agreed_to_keep_it_there(site: Site) -> None:
    register = DatasetRegister(site.database)
    register.change("controlled", jurisdiction="eu-gdpr")
    try:
        answer = site.get(f"/objects/{site.ids['controlled/a.bam']}/access/https", headers=site.granted())
        assert answer.status_code == 403
        assert "residency:eea" in answer.json()["msg"]
        site.objects._honours.add(_eea())
        assert site.get(
            f"/objects/{site.ids['controlled/a.bam']}/access/https", headers=site.granted()
        ).status_code == 200  # fmt: skip
    finally:
        site.objects._honours.discard(_eea())
        register.change("controlled", jurisdiction=None)


def _eea() -> Any:
    from governance.policy.obligations import Kind, Obligation

    return Obligation(Kind.RESIDENCY, "eea")
