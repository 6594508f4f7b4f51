"""Somebody who has the database's password, and even knows how rows are hashed, cannot write the trail."""

import dataclasses
import random
import shutil
from contextlib import suppress
from io import BytesIO

import orjson
import pytest
from sqlalchemy import text

from governance.audit import resuming, signing
from governance.audit.chain import GENESIS, Head, Row, row_hash
from governance.audit.checking import verify_trail
from governance.audit.checkpoints import Token
from governance.audit.errors import CannotRecord, CannotResume, TrailBroken
from governance.audit.exporting import export, verify_export
from governance.audit.pinned import Outside
from governance.audit.pruning import prune
from governance.audit.seals import read_seal
from governance.audit.verification import verify
from tests.governance.audit.trails import (
    ANNA,
    NOW,
    as_owner,
    caller,
    entry,
    rechained,
    replaced,
    rows_of,
    trail,
    verified,
)
from tests.programs import eventually


def findings(kept):
    return {(each.what, each.first, each.last) for each in verified(kept).findings}


def filled(kept, rows=10):
    for number in range(rows):
        kept.record(entry(number))
    return rows_of(kept.database)


def put_in(database, body, *, hashed=True):
    """A row at the end with a proper hash, as anybody can insert who knows how."""
    rows = rows_of(database)
    last = rows[-1] if rows else Row(0, "", GENESIS, GENESIS)
    sequence = last.sequence + 1
    made = row_hash(sequence, last.hash, body) if hashed else bytes(32)
    with as_owner(database) as connection:
        connection.execute(
            text("INSERT INTO governance.audit VALUES (:sequence, :at, 'answer', :body, :previous, :hash)"),
            {"sequence": sequence, "at": NOW, "body": body, "previous": last.hash, "hash": made},
        )
    return sequence


def unsealed(row, **changed):
    body = orjson.loads(row.body)
    body.pop("seal", None)
    return orjson.dumps({**body, **changed}, option=orjson.OPT_SORT_KEYS).decode()


FORGERIES = {
    "without a seal": lambda rows: unsealed(rows[3], outcome="refused: Missing"),
    "with the seal of another row": lambda rows: (
        rows[3].body[: rows[3].body.index('",') + 2] + unsealed(rows[3], outcome="refused: Missing")[1:]
    ),
    "a second time": lambda rows: rows[3].body,
    "the last one a second time": lambda rows: rows[-1].body,
    "with a seal of another key": lambda rows: rows[-1].body.replace(
        f".{len(rows)}.", f".{len(rows) + 1}.", 1
    ),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_a_row_put_in_at_the_end_is_found_never_signed_and_nothing_is_added_to_it(kept, site_database, how):
    rows = filled(kept)
    kept.checkpoint()
    forged = put_in(site_database, FORGERIES[how](rows))
    assert findings(kept) == {("seal", forged, forged)}
    fresh = trail(site_database, kept.folder)
    with pytest.raises(CannotRecord):
        fresh.record(entry(99))
    with pytest.raises(TrailBroken):
        fresh.checkpoint()
    kept.record(entry(98))  # this process knew the end and had no reason to look; it is not signed, though
    with pytest.raises(TrailBroken, match=f"row {forged} of the audit trail"):
        kept.checkpoint()
    with pytest.raises(CannotRecord):
        kept.record(entry(99))
    fresh.close()
    assert ("seal", forged, forged) in findings(kept)
    assert verified(kept).signed == 10


def test_the_clerk_of_a_running_site_never_signs_a_forged_row(kept, site_database, tmp_path, caplog):
    running = trail(site_database, tmp_path, checkpoint_rows=5)
    for number in range(7):
        running.record(entry(number))
    assert eventually(lambda: verified(kept).signed >= 5)
    put_in(site_database, unsealed(rows_of(site_database)[0]))
    for number in range(6):
        try:
            running.record(entry(number))
        except CannotRecord:
            break
    assert eventually(lambda: "could not be signed" in caplog.text)
    running.close()
    assert verified(kept).signed < 8


def test_a_row_changed_with_all_hashes_made_anew_is_named_though_nothing_was_signed(kept, site_database):
    rows = filled(kept)
    changed = dataclasses.replace(rows[4], body=rows[4].body.replace("answered", "refused!"))
    made = rechained([*rows[:4], changed, *rows[5:]], 4)
    replaced(site_database, made)
    kept.head_file.write(Head(10, made[-1].hash), back=True)  # even with the file outside
    assert findings(kept) == {("seal", 5, 5)}


def test_rows_of_several_processes_count_each_their_own(kept, site_database, tmp_path):
    others = [trail(site_database, tmp_path) for _ in range(3)]
    for number in range(4):
        for each in (kept, *others):
            each.record(entry(number))
    assert verified(kept).whole
    rows = rows_of(site_database)
    assert len({read_seal(each.body).writer for each in rows}) == 4
    replaced(site_database, rechained([*rows[:6], *rows[7:]], 6))  # one is taken out of the middle
    kept.head_file.write(Head(0), back=True)
    assert ("seal", 10, 10) in findings(kept)  # the next of its writer
    for each in others:
        each.close()


def test_a_row_that_was_pruned_cannot_come_back_at_the_end(kept, site_database):
    rows = filled(kept)
    kept.checkpoint()
    other = trail(site_database, kept.folder)
    for number in range(3):
        other.record(entry(number))
    other.checkpoint()
    other.close()
    prune(kept, NOW.replace(year=2030))
    assert verified(kept).whole
    for body in (rows[0].body, rows[-1].body):
        forged = put_in(site_database, body)
        assert any(what == "seal" and last == forged for what, _, last in findings(kept))
    with pytest.raises(TrailBroken):
        kept.checkpoint()
    assert verified(kept).first == 11


def test_rows_of_before_there_were_seals_count_where_they_are_signed(kept, site_database):
    """A site that is updated: what it wrote without seals is signed before the first row with one."""
    rows = filled(kept, 6)
    old = rechained([dataclasses.replace(each, body=unsealed(each)) for each in rows], 0)
    replaced(site_database, old)
    (kept.folder / "keys" / "trail").unlink()
    with as_owner(site_database) as connection:
        connection.execute(text("DELETE FROM governance.audit_secret"))
    kept.head_file.write(Head(6, old[-1].hash), back=True)
    assert ("unsealed", 1, 6) in findings(kept)
    updated = trail(site_database, kept.folder)
    updated.record(entry(7))
    updated.close()
    found = verify_trail(updated)
    assert (found.whole, found.rows, found.signed) == (True, 7, 6)
    forged = put_in(site_database, old[2].body)
    assert [(each.what, each.first) for each in verify_trail(updated).findings] == [("seal", forged)]


def test_rows_without_seals_that_the_file_does_not_know_are_not_taken_for_old(kept, site_database):
    put_in(site_database, '{"at":"2026-11-21T22:00:00.000005Z","kind":"answer"}')
    with pytest.raises(CannotRecord):
        kept.record(entry())
    assert ("unsealed", 1, 1) in findings(kept)


# --- exports


@pytest.fixture
def exported(kept, tmp_path):
    filled(kept)
    kept.checkpoint()
    target = BytesIO()
    export(kept, target, kept.checkpoint())
    return target.getvalue().splitlines(keepends=True), tmp_path / "x.ndjson"


def rewritten_export(lines, *, checkpoints):
    """An edited row with all hashes made anew."""
    made, previous, number = [], "0" * 64, 0
    for line in lines:
        said = orjson.loads(line)
        if "checkpoint" in said and not checkpoints:
            continue
        if "body" in said:
            number += 1
            body = said["body"].replace("answered", "refused!") if number == 3 else said["body"]
            hash_ = row_hash(number, bytes.fromhex(previous), body).hex()
            said |= {"sequence": number, "previous": previous, "body": body, "hash": hash_}
            previous = hash_
        made.append(orjson.dumps(said) + b"\n")
    return made


@pytest.mark.parametrize("checkpoints", [True, False])
def test_an_export_that_was_edited_and_chained_anew_is_not_whole_even_without_its_checkpoints(
    exported, kept, checkpoints
):
    lines, path = exported
    path.write_bytes(b"".join(lines))
    keys = {kept.key.kid: kept.key.public}
    assert verify_export(path, keys).whole
    path.write_bytes(b"".join(rewritten_export(lines, checkpoints=checkpoints)))
    assert not verify_export(path, keys).whole
    path.write_bytes(b"".join(each for each in lines if b'"checkpoint"' not in each))
    assert "signed" in {each.what for each in verify_export(path, keys).findings}


def test_an_export_that_could_not_be_signed_is_not_whole(kept, tmp_path):
    filled(kept)
    with (tmp_path / "x").open("wb") as file:
        export(kept, file, None)
    assert [each.what for each in verify_export(tmp_path / "x", None).findings] == ["signed"]


# --- one byte of anything


def test_whatever_byte_is_changed_is_named_and_never_breaks_verification(kept, site_database):
    filled(kept, 6)
    replaced(site_database, rows_of(site_database)[:-1])
    resuming.resume(kept, resuming.look(kept), "a disk failed")
    kept.checkpoint()
    rows = rows_of(site_database)
    keys = {kept.key.kid: kept.key.public}
    with site_database.unit_of_work() as work:
        [(token,)] = work.connection.execute(text("SELECT token FROM governance.audit_checkpoint")).all()
    known = Outside(kept.head_file.read(), kept.signed_file.read(), (), kept.keys.seals)
    assert verify(rows, [Token(token, 1, 6)], [], known, keys).whole
    chance = random.Random(7)
    resumed = rows[5].body
    places = [(row, at) for row in range(6) for at in chance.sample(range(len(rows[row].body)), 60)]
    places += [(5, at) for at in range(len(resumed)) if "audit.resumed" in resumed[at - 30 : at + 30]]
    for row, at in places:
        for byte in ('"', "\\", "\ud800", "x"):
            if rows[row].body[at] == byte:
                continue
            body = f"{rows[row].body[:at]}{byte}{rows[row].body[at + 1 :]}"
            there = [*rows[:row], dataclasses.replace(rows[row], body=body), *rows[row + 1 :]]
            assert not verify(there, [Token(token, 1, 6)], [], known, keys).whole, (row, at, byte)
    for at in range(len(token) - 1):  # the last character of a token has bits that mean nothing
        changed = f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}"
        assert not verify(rows, [Token(changed, 1, 6)], [], known, keys).whole, at


@pytest.mark.parametrize("claims", [{}, {"sequence": 6}, {"sequence": "x", "hash": 3}, {"number": None}])
def test_a_token_that_lacks_something_is_a_finding(kept, claims):
    rows = filled(kept, 6)
    keys = {kept.key.kid: kept.key.public}
    for kind in ("insitu-audit-checkpoint+jwt", "insitu-audit-pruned+jwt"):
        token = Token(kept.key.sign(kind, claims))
        for tokens in (([token], []), ([], [token])):
            assert not verify(rows, *tokens, Outside(), keys).whole


def test_a_row_that_says_what_a_resumed_one_says_and_is_no_json_is_a_finding(kept, site_database):
    filled(kept, 2)
    put_in(site_database, '{"what":"audit.resumed"')
    assert ("seal", 3, 3) in findings(kept)


# --- checkpoints


@pytest.mark.parametrize("left", [0, 1, 2])
def test_checkpoints_that_are_missing_at_the_end_are_found(kept, site_database, left):
    for _ in range(3):
        kept.record(entry())
        kept.checkpoint()
    with as_owner(site_database) as connection:
        connection.execute(text(f"DELETE FROM governance.audit_checkpoint WHERE number > {left}"))
    assert {each[0] for each in findings(kept)} == {"unsigned"}


def test_a_checkpoint_under_another_row_stops_signing_aloud(kept, site_database):
    filled(kept)
    kept.checkpoint()
    kept.record(entry())
    with as_owner(site_database) as connection:
        connection.execute(text("UPDATE governance.audit_checkpoint SET sequence = 1000000000000"))
    assert ("checkpoint", 10, 10) in findings(kept)
    with pytest.raises(TrailBroken, match="under another number"):
        kept.checkpoint()
    with pytest.raises(TrailBroken):
        signing.standing(site_database, kept.keys)


# --- lost rows


def test_a_head_of_a_lost_history_is_never_signed(kept, site_database, monkeypatch):
    """A failover loses rows, the site goes on from fewer, and a process still knows the old end."""
    rows = filled(kept, 8)
    running = trail(site_database, kept.folder)
    running.record(entry(8))
    replaced(site_database, rows[:5])
    moved = []
    monkeypatch.setattr(running._clerk, "moved", lambda head, back: moved.append((head.sequence, back)))
    resuming.resume(kept, resuming.look(kept), "failover")
    for number in range(9):
        running.record(entry(number))
    assert moved[:2] == [(7, True), (8, False)]  # what waits beside learns that the trail has gone back
    signed = running.checkpoint()
    running.close()
    there = rows_of(site_database)
    assert (signed.sequence, signed.hash) == (15, there[14].hash)
    with pytest.raises(TrailBroken, match="does not hold row 9"):
        signing.sign(site_database, kept.keys, Head(9, rows[-1].hash), 0.0)
    assert verified(kept).whole


def test_resuming_refuses_a_trail_that_was_rewritten_unless_that_is_accepted_for_ever(kept, site_database):
    rows = filled(kept)
    changed = dataclasses.replace(rows[2], body=rows[2].body.replace("answered", "refused!"))
    replaced(site_database, rechained([*rows[:2], changed, *rows[3:8]], 2))
    with pytest.raises(CannotResume, match="more is wrong than a missing end"):
        resuming.resume(kept, resuming.look(kept), "nothing happened")
    assert len(rows_of(site_database)) == 8
    resuming.resume(kept, resuming.look(kept), "we looked into it", tampering=True)
    found = verified(kept)
    assert {each.what for each in found.findings} == {"seal", "accepted"}
    assert "we looked into it" in str(next(each for each in found.findings if each.what == "accepted"))
    kept.record(entry(9))
    assert kept.checkpoint().sequence == 10
    assert not verified(kept).whole


@pytest.mark.parametrize("name", ["pseudonyms", "trail", "site.pem"])
def test_a_running_site_goes_on_with_the_secrets_that_were_accepted(kept, site_database, name):
    running = trail(site_database, kept.folder)
    for number in range(3):
        running.record(entry(number, caller("anna")))
    running.checkpoint()
    (kept.folder / "keys" / name).unlink()
    fresh = trail(site_database, kept.folder)
    resuming.resume(fresh, resuming.look(fresh), "the disk is gone", tampering=True)
    for number in range(3):
        running.record(entry(number, caller("anna")))
        fresh.record(entry(number, caller("anna")))
    with suppress(TrailBroken):
        running._standing()  # as the clerk does, who tries again
    assert running._standing().last == 10
    assert running.checkpoint().sequence == 10
    running.close()
    fresh.close()
    assert {each.what for each in verified(fresh).findings} <= {"accepted", "signature", "seal"}
    assert all(each.last <= 4 for each in verified(fresh).findings)
    assert fresh.names.known(ANNA) == orjson.loads(rows_of(site_database)[-1].body)["subject"]


def test_nothing_is_accepted_where_the_end_moves_meanwhile(kept, site_database):
    filled(kept, 3)
    (kept.folder / "keys" / "trail").unlink()
    fresh = trail(site_database, kept.folder)
    looked = resuming.look(fresh)
    put_in(site_database, rows_of(site_database)[0].body)
    secrets = text("SELECT * FROM governance.audit_secret ORDER BY name")
    with site_database.unit_of_work() as work:
        before = work.connection.execute(secrets).all()
    with pytest.raises(TrailBroken, match="look again"):
        resuming.resume(fresh, looked, "the disk is gone", tampering=True)
    with site_database.unit_of_work() as work:
        assert work.connection.execute(secrets).all() == before
    fresh.close()


def test_rows_that_come_between_the_look_and_its_acceptance_stop_it(kept, site_database):
    rows = filled(kept)
    replaced(site_database, rows[:7])
    looked = resuming.look(kept)
    replaced(site_database, rows[:8])
    with pytest.raises(TrailBroken, match="look again"):
        resuming.resume(kept, looked, "a backup")


def test_names_of_a_lost_history_are_not_used_after_it(kept, site_database):
    """The backup has not the key under which the running process would go on naming somebody."""
    rows = filled(kept, 3)
    running = trail(site_database, kept.folder)
    running.record(entry(4, caller("anna")))
    replaced(site_database, rows)
    with site_database.unit_of_work() as work:
        work.connection.execute(text("DELETE FROM governance.audit_pseudonym"))
        work.commit()
    resuming.resume(kept, resuming.look(kept), "a backup")
    running.record(entry(5, caller("anna")))
    running.close()
    assert orjson.loads(rows_of(site_database)[-1].body)["subject"] == kept.names.known(ANNA) is not None


# --- what stands outside


def test_a_head_file_that_is_damaged_is_a_finding_and_stops_the_site_until_that_is_accepted(kept):
    filled(kept)
    kept.head_file.path.write_bytes(b"\0" * 95)
    assert findings(kept) == {("head", 0, 0)}
    with pytest.raises(CannotRecord):
        kept.record(entry())
    with pytest.raises(CannotResume):
        resuming.resume(kept, resuming.look(kept), "a power cut")
    resuming.resume(kept, resuming.look(kept), "a power cut", tampering=True)
    kept.record(entry())
    assert {each[0] for each in findings(kept)} == {"accepted"}


def test_an_emptied_database_without_its_head_file_is_not_whole(kept, site_database):
    filled(kept)
    kept.checkpoint()
    with as_owner(site_database) as connection:
        connection.execute(text("DELETE FROM governance.audit; DELETE FROM governance.audit_checkpoint"))
    shutil.rmtree(kept.folder / "audit")
    assert ("head", 0, 0) in findings(kept)


def test_a_site_that_has_never_recorded_is_whole_and_verifying_makes_no_key(kept):
    assert verify_trail(kept).whole
    assert not (kept.folder / "keys").exists()


@pytest.mark.parametrize("name", ["pseudonyms", "trail", "site.pem"])
@pytest.mark.parametrize("how", ["gone", "emptied", "another"])
def test_a_secret_that_is_lost_is_never_made_anew(kept, site_database, name, how):
    filled(kept, 2)
    kept.checkpoint()
    path = kept.folder / "keys" / name
    before = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if how == "emptied" else before[:-9] + b"x" + before[-8:])
    fresh = trail(site_database, kept.folder)
    if name == "site.pem":
        with pytest.raises(Exception, match=r"keys/site\.pem"):
            fresh.checkpoint()
    else:
        with pytest.raises(CannotRecord):
            fresh.record(entry())
    assert how != "gone" or not path.exists()
    assert "keys" in {each.what for each in verify_trail(fresh).findings}
    path.write_bytes(before)
    fresh.close()
    again = trail(site_database, kept.folder)
    again.record(entry())
    again.close()
    assert verified(kept).whole


@pytest.mark.parametrize("name", ["pseudonyms", "trail", "site.pem"])
def test_a_site_whose_secret_is_gone_for_good_goes_on_once_that_is_accepted(kept, site_database, name):
    filled(kept, 3)
    kept.checkpoint()
    (kept.folder / "keys" / name).unlink()
    fresh = trail(site_database, kept.folder)
    resuming.resume(fresh, resuming.look(fresh), "the disk is gone", tampering=True)
    fresh.record(entry(4))
    assert fresh.checkpoint().sequence == 5
    found = verify_trail(fresh)
    assert "the disk is gone" in str([str(each) for each in found.findings])
    assert found.signed == 5
    fresh.close()
