"""Files that people edit: faults name file and line, changes are followed, what is broken opens nothing."""

import logging
import os
import re
from pathlib import Path

import pytest

from governance.caller import ANONYMOUS
from governance.datasets import Tier
from governance.policy import watching
from governance.policy.actions import Action
from governance.policy.duo_terms import SYMBOLS
from governance.policy.engine import Policy
from governance.policy.files import Source, packs, unasked
from governance.policy.obligations import Kind
from governance.policy.problems import PolicyInvalid
from governance.policy.rulebook import RuleBook, compiled, load
from tests.governance.policy.making import Clock, controlled, dataset, person, site, visa, write

OPEN = 'permit(principal, action in Action::"discover", resource is Dataset);'
SHUT = "forbid(principal, action, resource is Dataset);"
COUNTED = dataset("one", Tier.COUNT)

BROKEN = {
    "syntax": ("permit(principal, action, resource", 1, "unexpected"),
    "operator": (
        "\n\npermit(principal, action, resource) when { principal = 1 };",
        3,
        "'=' is not a valid operator",
    ),
    "attribute": (
        f"{OPEN}\npermit(principal, action, resource is Dataset) when {{ resource.tier > 1 }};",
        2,
        "tier",
    ),
    "misspelt attribute of a visa": (
        f"// x\n{OPEN}\n\n{SHUT[:-1]} when {{ principal.visaz.isEmpty() }};",
        4,
        "visaz",
    ),
    "no such action": ('permit(principal, action == Action::"beacon:counts", resource);', 1, "beacon:counts"),
    "no such entity": ("permit(principal is User, action, resource);", 1, "User"),
    "types": ('permit(principal, action, resource is Dataset) when { context.tier == "count" };', 1, "type"),
    "template": ("permit(principal == ?principal, action, resource);", 1, "template"),
    "semicolon": (
        "permit(principal, action, resource) permit(principal, action, resource);",
        1,
        "unexpected",
    ),
    "annotation": (f'@obligatoin("round:10") {OPEN}', 1, "@obligatoin means nothing"),
    "obligation": (f'@obligation("rounded") {OPEN}', 1, "'rounded'"),
    "value of an obligation": (f'@obligation("age-cap:old") {OPEN}', 1, "whole number"),
    "value that is missing": (f'@obligation("drop-field") {OPEN}', 1, "needs a name"),
    "value too many": (f'@obligation("zip3:5") {OPEN}', 1, "no value"),
    "referral of a permission": (f'@outcome("refer") {OPEN}', 1, "belongs to a forbid"),
    "unknown outcome": (f'@outcome("maybe") {SHUT}', 1, "belongs to a forbid"),
    "exemption of a prohibition": (f"@exempt {SHUT}", 1, "belongs to a permit"),
    "id": (f'@id("a b") {OPEN}', 1, "@id"),
    "the same id twice": (f'@id("a") {OPEN}\n@id("a") {SHUT}', 2, "line 1"),
    "one annotation twice": (f'@id("a") @id("b") {OPEN}', 1, "duplicate"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_stops_the_start_and_says_where(tmp_path: Path, name: str) -> None:
    text, line, reason = BROKEN[name]
    write(tmp_path, text)
    with pytest.raises(PolicyInvalid) as refused:
        Policy(tmp_path)
    assert refused.value.public.startswith(f"site.cedar:{line}: ")
    assert reason in refused.value.public


def test_every_fault_of_every_file_is_found_at_once(tmp_path: Path) -> None:
    write(tmp_path, f"permit(;\n{OPEN}\nforbid(;", one="permit(;")
    (tmp_path / "datasets" / "two.cedar").write_bytes(b"// ok\n\xff\xfe")
    (tmp_path / "datasets" / "three.cedar").symlink_to(tmp_path / "nowhere")
    (tmp_path / "diseases.tsv").write_text("MONDO:1\tMONDO:2\nMONDO:3 MONDO:4\n")
    with pytest.raises(PolicyInvalid) as refused:
        load(tmp_path)
    places = {(each.file, each.line) for each in refused.value.problems}
    assert places == {
        ("site.cedar", 1),
        ("site.cedar", 3),
        ("datasets/one.cedar", 1),
        ("datasets/two.cedar", 2),
        ("datasets/three.cedar", 0),
        ("diseases.tsv", 2),
    }
    assert "more: insitu policy check" in refused.value.public


def test_a_site_s_file_that_leads_nowhere_is_no_absent_file(tmp_path: Path) -> None:
    (tmp_path / "site.cedar").symlink_to(tmp_path / "unmounted" / "site.cedar")
    with pytest.raises(PolicyInvalid, match=r"site\.cedar: cannot be read"):
        Policy(tmp_path)


@pytest.fixture
def ticks() -> Clock:
    return Clock(0.0)


def tick(policy: Policy, ticks: Clock, looks: int = 2) -> None:
    """Lets the policy look at its files."""
    for _ in range(looks):
        ticks.now += 1.0
        policy.decide(ANONYMOUS, Action.BEACON_BOOLEAN, [COUNTED])


def may(policy: Policy, identifier: str = "one") -> bool:
    return policy.decide(ANONYMOUS, Action.BEACON_COUNT, [dataset(identifier, Tier.COUNT)])[0].permits


def test_a_change_is_followed_without_a_restart(tmp_path: Path, ticks: Clock) -> None:
    policy = site(tmp_path, OPEN, ticks=ticks)
    before = policy.version
    assert may(policy)
    write(tmp_path, SHUT)
    assert may(policy)  # nobody has looked yet
    tick(policy, ticks)
    assert not may(policy)
    assert policy.version != before
    write(tmp_path, OPEN)
    tick(policy, ticks)
    assert may(policy)
    assert policy.version == before
    write(tmp_path, one=SHUT)
    tick(policy, ticks)
    assert (may(policy), may(policy, "two")) == (False, True)
    (tmp_path / "datasets" / "one.cedar").unlink()
    tick(policy, ticks)
    assert may(policy)


def test_a_file_that_breaks_while_running_leaves_the_last_good_rules(
    tmp_path: Path, ticks: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    policy = site(tmp_path, SHUT, ticks=ticks)
    write(tmp_path, f"{OPEN}\nforbid(")
    with caplog.at_level(logging.ERROR, "insitu.policy"):
        tick(policy, ticks, looks=5)
    assert not may(policy)
    assert [each.getMessage() for each in caplog.records if "site.cedar:2: " in each.getMessage()] != []
    assert len(caplog.records) == 1  # said once, not at every look
    write(tmp_path, OPEN)
    tick(policy, ticks)
    assert may(policy)


def test_a_half_written_file_is_nobody_s_rule(tmp_path: Path, ticks: Clock) -> None:
    """An editor that empties a file before it writes it opens nothing in between."""
    policy = site(tmp_path, SHUT, ticks=ticks)
    write(tmp_path, "")
    tick(policy, ticks, looks=1)
    assert not may(policy)
    write(tmp_path, SHUT + "\n")
    tick(policy, ticks, looks=1)
    assert not may(policy)
    tick(policy, ticks, looks=3)
    assert not may(policy)


def unreadable(path: Path) -> None:
    """What lies there is out of reach, and not because nobody made it: the tests may be root's."""
    path.rename(path.with_name("away"))
    path.symlink_to(path.with_name("nowhere"))


def plain(path: Path) -> None:
    path.rename(path.with_name("away"))
    path.write_text("")


@pytest.mark.parametrize("place", ["governance", "governance/datasets"])
@pytest.mark.parametrize("spoil", [unreadable, plain])
def test_a_folder_that_cannot_be_read_stops_the_start(tmp_path: Path, place: str, spoil) -> None:
    folder = tmp_path / "governance"
    write(folder, SHUT, one=SHUT)
    spoil(tmp_path / place)
    with pytest.raises(PolicyInvalid, match=r"^(governance|datasets): cannot be read: "):
        Policy(folder)
    with pytest.raises(PolicyInvalid):
        load(folder)


def test_a_list_of_diseases_that_leads_nowhere_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "diseases.tsv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(PolicyInvalid, match=r"^diseases\.tsv: cannot be read: "):
        Policy(tmp_path)


def emptied(path: Path) -> None:
    """As where a network's folder is not mounted any more."""
    path.rename(path.with_name("away"))
    path.mkdir()


def removed(path: Path) -> None:
    path.rename(path.with_name("away"))


@pytest.mark.parametrize("place", ["governance", "governance/datasets"])
@pytest.mark.parametrize("spoil", [unreadable, plain, removed, emptied])
def test_rules_that_go_with_their_folder_stay_in_force_until_it_is_back(
    tmp_path: Path, ticks: Clock, caplog: pytest.LogCaptureFixture, place: str, spoil
) -> None:
    folder = tmp_path / "governance"
    rules = {"rules": SHUT} if place == "governance" else {"rules": "", "one": SHUT}
    policy = site(folder, ticks=ticks, **rules)
    before = policy.version
    for _ in range(2):  # said whenever it happens
        caplog.clear()
        spoil(tmp_path / place)
        with caplog.at_level(logging.ERROR, "insitu.policy"):
            tick(policy, ticks, looks=6)
        assert (may(policy), policy.version) == (False, before)
        assert len(caplog.records) >= 1
        assert len({each.getMessage() for each in caplog.records}) == len(caplog.records)  # each once
        if (tmp_path / place).is_dir():
            (tmp_path / place).rmdir()
        else:
            (tmp_path / place).unlink(missing_ok=True)
        (tmp_path / place).with_name("away").rename(tmp_path / place)
        tick(policy, ticks, looks=3)
        assert (may(policy), policy.version) == (False, before)
    write(folder, OPEN, one=OPEN)
    tick(policy, ticks)
    assert may(policy)


@pytest.mark.parametrize("name", ["site.cedar", "datasets/one.cedar"])
def test_who_deletes_a_file_and_leaves_its_folder_means_it(tmp_path: Path, ticks: Clock, name: str) -> None:
    policy = site(tmp_path, ticks=ticks)
    write(tmp_path, **{"rules" if name == "site.cedar" else "one": SHUT})
    tick(policy, ticks)
    assert not may(policy)
    (tmp_path / name).unlink()
    tick(policy, ticks, looks=1)
    assert not may(policy)  # one look is not enough
    tick(policy, ticks)
    assert may(policy)


def test_files_that_change_while_a_site_starts_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ticks: Clock
) -> None:
    write(tmp_path, SHUT)
    real, steps = watching.load, [OPEN, SHUT, OPEN]

    def changing(folder: Path | None) -> RuleBook:
        found = real(folder)
        if steps:
            write(tmp_path, "// changed\n" * len(steps) + steps.pop())
        return found

    monkeypatch.setattr(watching, "load", changing)
    policy = Policy(tmp_path, Clock(), ticks)
    assert steps == []
    assert may(policy)


def test_another_folder_with_the_files_in_it_is_followed(tmp_path: Path, ticks: Clock) -> None:
    """As a deployment does it: the new folder is written beside the old one and takes its name."""
    folder = tmp_path / "governance"
    policy = site(folder, SHUT, ticks=ticks, one="")
    write(tmp_path / "next", OPEN, one="")
    removed(folder)
    (tmp_path / "next").rename(folder)
    tick(policy, ticks)
    assert may(policy)


def test_what_an_editor_keeps_beside_a_file_is_no_rule(tmp_path: Path) -> None:
    write(tmp_path, "", one="")
    (tmp_path / "datasets" / ".#one.cedar").symlink_to("somebody@host.1234")
    (tmp_path / "datasets" / ".one.cedar").write_text("forbid(")
    Policy(tmp_path)


def test_files_that_are_asked_about_nothing_are_found(tmp_path: Path) -> None:
    write(tmp_path, SHUT, **{"Cohort-1": SHUT, "cohort-1": SHUT, "two": SHUT})
    (tmp_path / "sites.cedar").write_text(SHUT)
    (tmp_path / "datasets" / "two.CEDAR").write_text(SHUT)
    found = {each.file: each.reason for each in unasked(tmp_path, ["cohort-1", "two"])}
    assert set(found) == {"sites.cedar", "datasets/Cohort-1.cedar", "datasets/two.CEDAR"}
    assert found["datasets/Cohort-1.cedar"].endswith("but there is cohort-1: call the file cohort-1.cedar")
    assert unasked(tmp_path / "nothing", []) == []


def test_files_are_looked_at_once_a_second(
    tmp_path: Path, ticks: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = site(tmp_path, OPEN, ticks=ticks)
    looks = []
    real = os.stat
    monkeypatch.setattr(Path, "stat", lambda self, **options: (looks.append(self), real(self, **options))[1])
    for _ in range(100):
        may(policy)
    assert looks == []
    ticks.now += 1.0
    for _ in range(100):
        may(policy)
    assert 0 < len(looks) < 8


def test_a_change_of_a_file_keeps_no_decision_of_before(tmp_path: Path, ticks: Clock) -> None:
    policy = site(tmp_path, "", ticks=ticks)
    caller, found = person(visa()), controlled()
    assert policy.decide(caller, Action.BEACON_RECORD, [found])[0].given is Tier.RECORD
    write(tmp_path, 'forbid(principal, action in Action::"records", resource is Dataset);')
    tick(policy, ticks)
    assert policy.decide(caller, Action.BEACON_RECORD, [found])[0].given is Tier.COUNT


def test_the_examples_of_the_documentation_are_sound() -> None:
    page = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
    [examples] = re.findall(r"```cedar\n(.*?)```", page, re.DOTALL)
    book = compiled([*packs(), Source("site.cedar", examples)])
    assert len([each for each in book.rules if each.file == "site.cedar"]) == 4
    for action in Action:
        assert f"`{action.term}`" in page
    for kind in Kind:
        assert f"`{kind}" in page
    for name in SYMBOLS:
        assert re.search(rf"\b{name}\b", page)
