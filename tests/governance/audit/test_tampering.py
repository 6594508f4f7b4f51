"""Whoever changes the trail behind our back is found, and so is where."""

import dataclasses
import itertools

import pytest
from sqlalchemy import text

from governance.audit import checkpoints
from governance.audit.chain import Head
from governance.audit.errors import CannotRecord, HeadUnreadable, TrailBroken
from governance.audit.headfile import HeadFile
from governance.keys.site import site_key
from tests.governance.audit.trails import as_owner, entry, rechained, replaced, rows_of, trail, verified

ROWS = 40
SIGNED = 30


@pytest.fixture
def rows(kept, site_database):
    """A trail of 40 rows, of which 10, 20 and 30 are signed."""
    for number in range(1, ROWS + 1):
        kept.record(entry(number))
        if number in (10, 20, SIGNED):
            kept.checkpoint()
    found = verified(kept)
    assert (found.whole, found.rows, found.checkpoints, found.signed) == (True, ROWS, 3, SIGNED)
    return rows_of(site_database)


def findings(kept):
    return {(each.what, each.first, each.last) for each in verified(kept).findings}


@pytest.mark.parametrize("number", [1, 17, SIGNED, ROWS])
def test_one_byte_of_one_row(kept, site_database, rows, number):
    row = rows[number - 1]
    at = row.body.index("answered")
    changed = dataclasses.replace(row, body=f"{row.body[:at]}b{row.body[at + 1 :]}")
    replaced(site_database, [changed if each is row else each for each in rows])
    assert findings(kept) == {("changed", number, number)}


@pytest.mark.parametrize("column", ["at", "kind"])
@pytest.mark.usefixtures("rows")
def test_a_column_that_rows_are_searched_by(kept, site_database, column):
    with as_owner(site_database) as connection:
        change = {"at": "at = at - interval '1 day'", "kind": "kind = 'act'"}[column]
        connection.execute(text(f"UPDATE governance.audit SET {change} WHERE sequence = 5"))
    assert findings(kept) == {("changed", 5, 5)}


@pytest.mark.parametrize("left", [ROWS - 1, SIGNED, 12, 0])
def test_rows_missing_at_the_end(kept, site_database, rows, left):
    replaced(site_database, rows[:left])
    found = findings(kept)
    assert {each[0] for each in found} == {"missing"}
    assert set(itertools.chain.from_iterable(range(a, b + 1) for _, a, b in found)) == set(
        range(left + 1, ROWS + 1)
    )


def test_a_middle_row_taken_out(kept, site_database, rows):
    replaced(site_database, rows[:14] + rows[15:])
    assert findings(kept) == {("missing", 15, 15)}


def test_a_middle_row_taken_out_and_the_rest_numbered_anew(kept, site_database, rows):
    after = [dataclasses.replace(each, sequence=each.sequence - 1) for each in rows[15:]]
    replaced(site_database, rows[:14] + after)
    found = findings(kept)
    assert {("link", 15, 15), ("moved", 15, 39), ("missing", 40, 40)} <= found


def test_a_row_put_in_with_a_proper_hash(kept, site_database, rows):
    """Followed by the others under new numbers."""
    forged = rechained([*rows[:14], rows[3]], 14)
    after = [dataclasses.replace(each, sequence=each.sequence + 1) for each in rows[14:]]
    replaced(site_database, [*forged, *after])
    assert {("link", 16, 16), ("moved", 16, 41)} <= findings(kept)


@pytest.mark.parametrize(("one", "other"), [(4, 5), (4, 25)])
def test_two_rows_swapped(kept, site_database, rows, one, other):
    swapped = list(rows)
    swapped[one] = dataclasses.replace(rows[other], sequence=rows[one].sequence)
    swapped[other] = dataclasses.replace(rows[one], sequence=rows[other].sequence)
    replaced(site_database, swapped)
    found = findings(kept)
    assert {first for what, first, _ in found if what in ("changed", "moved")} == {one + 1, other + 1}


@pytest.mark.parametrize("first", [0, 14, 33])
def test_a_change_with_all_hashes_after_it_made_anew(kept, site_database, rows, first):
    """What a chain alone cannot tell: checkpoints and the head outside the database do."""
    changed = [dataclasses.replace(rows[first], body=rows[first].body.replace("answered", "refused"))]
    replaced(site_database, rechained([*rows[:first], *changed, *rows[first + 1 :]], first))
    found = findings(kept)
    assert {what for what, _, _ in found} == {"rewritten", "seal"}
    assert ("seal", first + 1, first + 1) in found
    signed_after = {each for each in (10, 20, 30) if each > first}
    assert {number for what, number, _ in found if what == "rewritten"} == signed_after | {ROWS}


def test_the_end_replaced_by_as_many_rows_of_ones_own(kept, site_database, rows):
    replaced(site_database, rechained([*rows[:35], *rows[:5]], 35))
    assert findings(kept) == {("rewritten", ROWS, ROWS), ("seal", 36, ROWS)}


def test_a_checkpoint_taken_out_and_one_forged(kept, site_database, rows, tmp_path):
    with as_owner(site_database) as connection:
        connection.execute(text("DELETE FROM governance.audit_checkpoint WHERE number = 2"))
    assert ("checkpoint", SIGNED, SIGNED) in findings(kept)
    (tmp_path / "elsewhere").mkdir()
    claims = {"number": 2, "sequence": 20, "hash": rows[19].hash.hex(), "at": "", "previous": None}
    token = site_key(tmp_path / "elsewhere").sign(checkpoints.CHECKPOINT, claims)
    with as_owner(site_database) as connection:
        connection.execute(
            text("INSERT INTO governance.audit_checkpoint VALUES (2, 20, :token)"), {"token": token}
        )
    assert ("signature", 0, 0) in findings(kept)


def test_a_checkpoint_does_not_pass_for_a_record_of_pruning(kept, site_database, rows):
    replaced(site_database, rows[20:])
    with as_owner(site_database) as connection:
        connection.execute(
            text("INSERT INTO governance.audit_pruned SELECT 20, token FROM governance.audit_checkpoint "
                 "WHERE number = 2")
        )
    assert {("signature", 0, 0), ("missing", 1, 20)} <= findings(kept)


def test_nothing_is_recorded_after_rows_that_went_missing(kept, site_database, rows):
    """Else the next entry would take the place of the missing one, and the head outside be written over."""
    replaced(site_database, rows[:-1])
    with pytest.raises(CannotRecord):
        kept.record(entry(41))
    fresh = trail(site_database, kept.folder)
    with pytest.raises(CannotRecord):
        fresh.record(entry(41))
    with pytest.raises(TrailBroken, match="does not hold row 40 as it was written"):
        fresh.checkpoint()
    fresh.close()
    assert len(rows_of(site_database)) == ROWS - 1
    assert findings(kept) == {("missing", ROWS, ROWS)}
    replaced(site_database, rows)
    kept.record(entry(41))
    assert verified(kept).whole


def test_a_file_behind_the_database_is_no_tampering_and_put_right_by_the_next_entry(
    kept, site_database, rows
):
    """What a kill between commit and file leaves behind."""
    kept.head_file.write(Head(37, rows[36].hash), back=True)
    found = verified(kept)
    assert found.whole
    assert "3 row(s) behind" in " ".join(found.notes)
    fresh = trail(site_database, kept.folder)
    fresh.record(entry(41))
    fresh.close()
    assert kept.head_file.read().sequence == 41
    assert verified(kept).whole


@pytest.mark.usefixtures("rows")
def test_a_file_behind_a_database_that_was_rewritten_since_is_tampering(kept):
    kept.head_file.write(Head(37, bytes(32)), back=True)
    assert findings(kept) == {("rewritten", 37, 37)}


def test_a_torn_head_file_still_has_the_head_before(tmp_path):
    file = HeadFile(tmp_path)
    for number in range(1, 6):
        file.write(Head(number, bytes([number]) * 32))
    content = file.path.read_bytes()
    newest = content.index(b"0" * 19 + b"5 ")
    for length in range(95):
        torn = content[:newest] + b"\xff" * (95 - length) + content[newest + 95 - length :]
        file.path.write_bytes(torn)
        assert file.read() == Head(4, bytes([4]) * 32)
    for damaged in (b"", b"\0" * 190):
        file.path.write_bytes(damaged)
        with pytest.raises(HeadUnreadable):
            file.read()
        with pytest.raises(HeadUnreadable):
            file.write(Head(6, bytes([6]) * 32))


@pytest.mark.usefixtures("rows")
def test_many_findings_are_counted_and_not_kept(kept):
    found = verified(kept)
    for number in range(0, 5000, 2):
        found.found("changed", number, number, "changed")
    assert (len(found.findings), found.more) == (1000, 1500)


def test_the_last_thousand_rows(kept, site_database):
    scribe = kept._scribe
    kept.head_file.write(scribe.commit([scribe.item(entry(number)) for number in range(1500)]))
    assert verified(kept).whole
    with as_owner(site_database) as connection:
        connection.execute(text("DELETE FROM governance.audit WHERE sequence > 500"))
    assert findings(kept) == {("missing", 501, 1500)}
