"""A site of before there were seals: what it wrote without them is signed, once, and nothing comes after."""

import dataclasses
import shutil

import orjson
import pytest
from sqlalchemy import exc, text

from governance.audit import resuming
from governance.audit.chain import Head, row_hash
from governance.audit.checking import verify_trail
from governance.audit.errors import CannotRecord, CannotResume
from tests.governance.audit.trails import (
    NOW,
    Clock,
    as_owner,
    entry,
    rechained,
    replaced,
    rows_of,
    trail,
    verified,
)
from tests.programs import eventually


def unsealed(row):
    body = orjson.loads(row.body)
    body.pop("seal", None)
    return dataclasses.replace(row, body=orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode())


def made_old(kept, rows=6, *, known=None):
    """Has the site be one of before there were seals; its file knows the rows up to `known`."""
    for number in range(rows):
        kept.record(entry(number))
    old = rechained([unsealed(each) for each in rows_of(kept.database)], 0)
    replaced(kept.database, old)
    (kept.folder / "keys" / "trail").unlink()
    with as_owner(kept.database) as connection:
        connection.execute(text("DELETE FROM governance.audit_secret WHERE name = 'trail'"))
    last = old[(known or rows) - 1]
    kept.head_file.write(Head(last.sequence, last.hash), back=True)
    return old


@pytest.mark.parametrize("known", [6, 4])
def test_an_old_site_signs_its_rows_at_its_first_start_though_the_clerk_is_first(
    kept, site_database, known
):
    made_old(kept, known=known)
    updated = trail(site_database, kept.folder, Clock(NOW.timestamp() + 4000.0))
    updated.watch()
    assert eventually(lambda: verify_trail(updated).signed == 6)
    updated.record(entry(7))
    updated.close()
    found = verified(kept)
    assert (found.whole, found.rows) == (True, 7)
    assert any("did not know the last 2 row(s) up to row 6" in each for each in found.notes) == (known == 4)


def test_a_writer_of_before_there_were_seals_fails_and_poisons_nothing(kept, site_database):
    for number in range(2):
        kept.record(entry(number))
    last = rows_of(site_database)[-1]
    body = unsealed(last).body
    values = {"at": NOW, "body": body, "previous": last.hash, "hash": row_hash(3, last.hash, body)}
    with pytest.raises(exc.IntegrityError, match="sealed"), site_database.unit_of_work() as work:
        work.connection.execute(
            text("INSERT INTO governance.audit VALUES (3, :at, 'answer', :body, :previous, :hash)"), values
        )
    kept.record(entry(3))
    assert verified(kept).whole


def emptied_of(database, *tables):
    with as_owner(database) as connection:
        for each in tables:
            connection.execute(text(f"DELETE FROM governance.{each}"))


def gone_on(kept, reason):
    """After a resumption in plain, another row: the trail is whole, and says which rows had no seal."""
    fresh = trail(kept.database, kept.folder)
    with pytest.raises(CannotRecord):
        fresh.record(entry())
    resuming.resume(fresh, resuming.look(fresh), reason)
    fresh.record(entry())
    fresh.checkpoint()
    fresh.close()
    found = verify_trail(fresh)
    assert found.whole, found.findings
    return str(found.notes)


def test_a_backup_of_before_the_upgrade_that_is_put_back_after_it_is_gone_on_with(kept, site_database):
    old = made_old(kept)
    updated = trail(site_database, kept.folder)
    for number in range(3):
        updated.record(entry(number))
    updated.checkpoint()
    updated.close()
    replaced(site_database, old[:5])
    emptied_of(site_database, "audit_checkpoint", "audit_secret")
    assert "'unsealed': {'first': 1, 'last': 5}" in gone_on(kept, "a disk failed")


def test_a_backup_that_is_put_back_and_then_upgraded_is_gone_on_with(kept, site_database):
    old = made_old(kept)
    replaced(site_database, old[:4])
    assert "'unsealed': {'first': 1, 'last': 4}" in gone_on(kept, "a disk failed")


def test_rows_without_seals_behind_sealed_ones_are_never_taken_for_old(kept, site_database):
    for number in range(4):
        kept.record(entry(number))
    rows = rows_of(site_database)
    replaced(site_database, rechained([*rows[:2], unsealed(rows[2])], 2))
    with pytest.raises(CannotResume, match="has no seal"):
        resuming.resume(kept, resuming.look(kept), "nothing happened")


def test_each_machine_of_a_site_goes_on_after_one_has_resumed(kept, site_database, tmp_path):
    kept.record(entry())
    assert kept.key.kid  # made before its folder is shared
    (tmp_path / "b").mkdir()
    shutil.copytree(kept.folder / "keys", tmp_path / "b" / "keys")
    other = trail(site_database, tmp_path / "b")
    for number in range(4):
        other.record(entry(number))
    other.checkpoint()
    kept.record(entry())
    other.close()
    replaced(site_database, rows_of(site_database)[:3])
    emptied_of(site_database, "audit_checkpoint")
    resuming.resume(kept, resuming.look(kept), "a failover")
    for number in range(5):
        kept.record(entry(number))
    kept.checkpoint()
    assert {each.what for each in verify_trail(other).findings} == {"lost", "unsigned"}
    gone_on(other, "a failover")
    kept.record(entry())
    assert verified(kept).whole
