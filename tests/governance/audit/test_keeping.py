"""Exports, the script in the docs, pruning, forgetting, going on after a loss."""

import dataclasses
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from governance.audit import resuming
from governance.audit.acts import record_act
from governance.audit.against import pins_of
from governance.audit.chain import Head
from governance.audit.checking import verify_trail
from governance.audit.errors import CannotPrune, CannotRecord, CannotResume, KeyLost, NotAnExport
from governance.audit.exporting import export, verify_export
from governance.audit.pruning import prune
from governance.audit.reading import Wanted, newest
from governance.keys.site import public_jwk, read_public, site_key
from tests.governance.audit.trails import (
    ANNA,
    NOW,
    Clock,
    bodies,
    caller,
    entry,
    replaced,
    rows_of,
    trail,
    visa,
)

DOCS = Path(__file__).parents[3] / "docs" / "audit.md"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def filled(kept, days=4, each=10):
    """Ten rows a day, one an hour, each day signed at its end."""
    for day in range(days):
        for number in range(each):
            when = NOW + day * DAY + number * HOUR
            kept.record(entry(number, caller(f"u{number % 3}"), when=when))
        kept.checkpoint()
    return kept


@pytest.fixture
def exported(kept, tmp_path):
    """A signed export as lines, and where to write another."""
    filled(kept)
    target = BytesIO()
    assert export(kept, target, kept.checkpoint()).sequence == 40
    return target.getvalue().splitlines(keepends=True), tmp_path / "trail.ndjson"


def judged(lines, path):
    """What Insitu and the script in the docs say of an export: both have to agree."""
    path.write_bytes(b"".join(lines))
    script = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert len(script.strip().splitlines()) <= 45
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=False)
    try:
        whole = verify_export(path, None).whole
    except NotAnExport:
        whole = False
    assert whole is (done.returncode == 0), done.stderr
    return whole


def test_an_export_verifies_with_the_script_of_the_docs_alone(exported):
    lines, path = exported
    assert judged(lines, path)


def row_at(lines, number):
    return next(at for at, each in enumerate(lines) if orjson.loads(each).get("sequence") == number)


@pytest.mark.parametrize("number", [1, 17, 40])
def test_a_changed_row_of_an_export_is_found(exported, number):
    lines, path = exported
    at = row_at(lines, number)
    lines[at] = lines[at].replace(b"answered", b"answerec")
    assert not judged(lines, path)
    assert [(each.what, each.first) for each in verify_export(path, None).findings] == [("changed", number)]


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(lambda lines: lines[:-1], id="no end"),
        pytest.param(lambda lines: lines[:-2] + lines[-1:], id="last row"),
        pytest.param(lambda lines: lines[:20] + lines[21:], id="middle row"),
        pytest.param(lambda lines: [*lines[:20], lines[21], lines[20], *lines[22:]], id="order"),
        pytest.param(lambda lines: [*lines[:20], lines[20], lines[20], *lines[21:]], id="twice"),
        pytest.param(lambda lines: [*lines[:-1], lines[-1][:-9]], id="cut in a line"),
        pytest.param(lambda lines: [each for each in lines if b"answer" not in each], id="no row"),
    ],
)
def test_an_export_that_lacks_something_is_found(exported, cut):
    lines, path = exported
    assert not judged(cut(lines), path)


def test_an_export_with_another_key_is_told_from_ours(exported, kept, tmp_path):
    lines, path = exported
    (tmp_path / "other").mkdir()
    other = site_key(tmp_path / "other")
    path.write_bytes(b"".join(lines))
    assert verify_export(path, {kept.key.kid: kept.key.public}).whole
    assert not verify_export(path, {other.kid: other.public}).whole
    header = orjson.loads(lines[0])
    lines[0] = orjson.dumps({**header, "key": public_jwk(other.public)}) + b"\n"
    assert not judged(lines, path)


def test_a_public_key_survives_being_written(kept):
    read = read_public(orjson.dumps(public_jwk(kept.key.public)))
    assert read.public_numbers() == kept.key.public.public_numbers()


def test_pruning_takes_whole_signed_stretches_and_the_rest_verifies(kept, site_database, tmp_path):
    filled(kept)
    kept.record(entry(41, when=NOW + 9 * DAY))
    gone = prune(kept, NOW + 2 * DAY + HOUR)
    assert (gone.first, gone.upto) == (1, 20)  # row 21 is older, too, but its stretch is not
    found = verify_trail(kept)
    assert (found.whole, found.first, found.pruned) == (True, 21, 20)
    assert any(note.startswith("rows 1 to 20 were pruned on") for note in found.notes)
    assert [body["outcome"] for body in bodies(site_database) if body["kind"] == "act"] == ["begun", "done"]
    second = prune(kept, NOW + 3 * DAY)
    assert (second.first, second.upto) == (21, 30)
    kept.record(entry(42))
    target = BytesIO()
    export(kept, target, kept.checkpoint())
    assert judged(target.getvalue().splitlines(keepends=True), tmp_path / "trail.ndjson")
    assert verify_trail(kept).whole


def test_pruning_leaves_what_is_young_unsigned_or_last(kept, site_database):
    for number in range(10):
        kept.record(entry(number))
    for before in (NOW, NOW + DAY):
        with pytest.raises(CannotPrune, match="no whole signed stretch"):
            prune(kept, before)
    kept.checkpoint()
    with pytest.raises(CannotPrune):
        prune(kept, NOW + DAY)  # the checkpoint is at the last row, and that stays
    assert len(rows_of(site_database)) == 10


def test_pruning_leaves_evidence_alone(kept, site_database):
    filled(kept, days=2)
    rows = rows_of(site_database)
    changed = dataclasses.replace(rows[3], body=rows[3].body.replace("answered", "answerec"))
    replaced(site_database, [*rows[:3], changed, *rows[4:]])
    with pytest.raises(CannotPrune, match="rows 1 to 10 are not whole"):
        prune(kept, NOW + DAY)
    assert len(rows_of(site_database)) == 20


def test_a_head_file_of_before_a_pruning_is_only_behind(kept, site_database, tmp_path):
    """That of another machine of the site, which recorded last long ago."""
    filled(kept)
    (tmp_path / "other").mkdir()
    shutil.copytree(tmp_path / "keys", tmp_path / "other" / "keys")
    other = trail(site_database, tmp_path / "other")
    other.head_file.write(Head(5, rows_of(site_database)[4].hash))
    prune(kept, NOW + 2 * DAY)
    other.record(entry(99))
    other.close()
    assert verify_trail(kept).whole


def test_rows_of_before_cannot_be_put_back_after_pruning(kept, site_database):
    filled(kept)
    rows = rows_of(site_database)
    prune(kept, NOW + 2 * DAY)
    replaced(site_database, [rows[5], *rows_of(site_database)])
    assert ("order", 6) in {(each.what, each.first) for each in verify_trail(kept).findings}


def shown(kept, **wanted):
    return [each["sequence"] for each in newest(kept.database, Wanted(**wanted), None)]


def test_an_account_is_found_until_it_is_forgotten_and_the_trail_stays_whole(kept, site_database, tmp_path):
    for number in range(4):
        kept.record(entry(number, caller("anna", visa()) if number % 2 else caller("ben")))
    before = kept.names.known(ANNA)
    assert shown(kept, subject=before) == [4, 2]
    other = trail(site_database, tmp_path)  # another process, which has met Anna
    other.record(entry(5, caller("anna")))
    assert shown(kept, subject=before) == [5, 4, 2]
    assert kept.names.forget(ANNA)
    assert kept.names.known(ANNA) is None
    assert not kept.names.forget(ANNA)
    other.record(entry(6, caller("anna", visa())))
    kept.record(entry(7, caller("anna", visa())))
    other.close()
    after = kept.names.known(ANNA)
    assert after not in (None, before)
    assert shown(kept, subject=after) == [7, 6]
    old, new = bodies(site_database)[1], bodies(site_database)[6]
    assert old["visas"][0]["digest"] != new["visas"][0]["digest"]
    assert verify_trail(kept).whole
    with site_database.unit_of_work() as work:
        keys = work.connection.execute(text("SELECT count(*) FROM governance.audit_pseudonym")).scalar_one()
    assert keys == 2


def test_rows_are_found_by_what_they_say(kept):
    kept.record(entry(1))
    kept.record(entry(2, caller("ben"), outcome="refused: Missing", when=NOW + DAY))
    record_act(kept, "dataset.added", dataset="cohort-1")
    assert shown(kept) == [3, 2, 1]
    assert shown(kept, outcome="refused") == [2]
    assert shown(kept, dataset="cohort-1") == [3, 2, 1]
    assert shown(kept, dataset="other") == []
    assert shown(kept, action="beacon:count") == [2, 1]
    assert shown(kept, action="dataset.added") == shown(kept, kind="act") == [3]
    assert shown(kept, request=kept.names.request("request-2")) == [2]
    assert shown(kept, since=NOW + DAY) == [2]
    assert shown(kept, until=NOW + DAY) == [3, 1]
    assert [each["sequence"] for each in newest(kept.database, Wanted(), 1)] == [3]


def test_a_site_with_a_backup_put_back_answers_after_the_loss_is_accepted_in_the_open(kept, site_database):
    filled(kept, days=1)
    backup = rows_of(site_database)
    running = trail(site_database, kept.folder)
    running.record(entry(11))
    running.record(entry(12))
    replaced(site_database, backup)
    for each in (kept, running):
        with pytest.raises(CannotRecord):
            each.record(entry(13))
    looked = resuming.look(kept)
    assert (looked.known.sequence, looked.found.sequence, looked.lost, looked.others) == (12, 10, True, [])
    resuming.resume(kept, looked, "the disk failed")
    running.record(entry(13))  # a site that was running all the time goes on
    running.close()
    with pytest.raises(CannotResume, match="nothing is missing"):
        resuming.resume(kept, resuming.look(kept), "again")
    found = verify_trail(kept)
    assert (found.whole, found.last) == (True, 12)
    assert any("the disk failed" in note and "row 11 says" in note for note in found.notes)


def test_a_question_that_looks_like_an_act_is_no_admission(kept):
    kept.record(entry(question={"what": "audit.resumed", "kind": "act"}))
    assert not any("says that rows were lost" in note for note in verify_trail(kept).notes)


def test_the_clock_of_a_trail_may_be_moved(site_database, kept):
    clock = Clock(0.0)
    other = trail(site_database, kept.folder, clock)
    record_act(other, "x")
    other.close()
    assert bodies(site_database)[0]["at"] == "1970-01-01T00:00:00.000000Z"


def test_a_head_file_that_is_removed_while_rows_are_is_missed_by_who_wrote_it(kept, site_database):
    filled(kept, days=1)
    kept.head_file.path.unlink()
    replaced(site_database, rows_of(site_database)[:-1])
    with pytest.raises(CannotRecord):
        kept.record(entry())
    assert [each.what for each in verify_trail(kept).findings if "is missing: nothing outside" in each.says]


def test_rows_that_were_signed_by_a_former_key_verify_and_are_pruned(kept, site_database):
    filled(kept)
    former = kept.folder / "keys" / "former"
    former.mkdir()
    (former / "2026.json").write_bytes(orjson.dumps(public_jwk(kept.key.public)))
    (kept.folder / "keys" / "site.pem").unlink()
    with site_database.unit_of_work() as work:
        work.connection.execute(text("DELETE FROM governance.audit_secret WHERE name = 'site.pem'"))
        work.commit()
    later = trail(site_database, kept.folder)
    later.keys.site  # noqa: B018  (made now)
    assert verify_trail(later).whole
    assert prune(later, NOW + 2 * DAY).upto == 20
    later.checkpoint()
    later.close()
    assert verify_trail(later).whole
    (former / "2026.json").unlink()
    assert not verify_trail(later).whole


def test_a_stray_file_among_former_keys_stops_nothing_and_a_private_key_counts(kept, caplog):
    kept.record(entry())
    kept.checkpoint()
    former = kept.folder / "keys" / "former"
    former.mkdir()
    (former / "README").write_text("put former keys here")
    (former / "old.pem").write_bytes((kept.folder / "keys" / "site.pem").read_bytes())
    assert verify_trail(kept).whole
    assert read_public((former / "old.pem").read_bytes()) == kept.key.public
    (former / "x.json").write_text('{"kty":"EC","crv":"P-256"}')
    (former / "y.pem").mkdir()
    kept.record(entry())
    assert kept.checkpoint().sequence == 2
    assert caplog.text.count("is left out") == 2
    says = [each.says for each in verify_trail(kept).findings]
    assert [each.split(",")[0] for each in says] == ["keys/former/x.json", "keys/former/y.pem"]


def test_an_export_of_an_earlier_version_is_read_and_says_that_its_end_is_not_signed(exported, kept):
    lines, path = exported
    end = {"sequence": 40, "hash": orjson.loads(lines[-2])["hash"], "rows": 40}
    header = orjson.loads(lines[0]) | {"version": 1}
    made = [orjson.dumps(header) + b"\n", *lines[1:-1], orjson.dumps({"end": end}) + b"\n"]
    path.write_bytes(b"".join(made))
    found = verify_export(path, {kept.key.kid: kept.key.public})
    assert (found.whole, found.signed) == (True, 40)
    assert any("its last line is not signed" in each for each in found.notes)
    assert len(pins_of(path, {kept.key.kid: kept.key.public})) == 4
    path.write_bytes(b"".join([*made[:-2], made[-1]]))
    assert not verify_export(path, None).whole


@pytest.mark.parametrize("name", ["site.pem", "trail"])
def test_what_is_there_can_be_exported_though_a_secret_is_gone(kept, site_database, tmp_path, name):
    filled(kept)
    (kept.folder / "keys" / name).unlink()
    later = trail(site_database, kept.folder)
    with pytest.raises(KeyLost):
        later.checkpoint()
    with (tmp_path / "x").open("wb") as file:
        assert export(later, file, None).sequence == 40
    later.close()
    found = verify_export(tmp_path / "x", {kept.key.kid: kept.key.public})
    assert [each.what for each in found.findings] == ["signature" if name == "site.pem" else "signed"]
