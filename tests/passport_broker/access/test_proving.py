"""Who owns the tables can rewrite them; the trail says so."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from database.engine import Database
from passport_broker import proving
from passport_broker.applications import recording
from passport_broker.domain.actors import OPERATOR
from passport_broker.proving import faults
from passport_broker.visas import desk
from tests.passport_broker.access.applying import Desks
from tests.passport_broker.access.conftest import TABLES
from tests.passport_broker.access.saying import DATA, wanted

FORGED = """
INSERT INTO passport_broker.visa
SELECT 'forged-forged-forged', 'mallory', type, value, source, by, asserted, conditions, begins, ends,
    made_at, made_by, why, NULL
FROM passport_broker.visa LIMIT 1
"""


def tampered(database: Database, statement: str) -> None:
    """Runs a statement as the tables' owner."""
    with database.unit_of_work() as work:
        for each in TABLES:
            work.connection.execute(text(f"ALTER TABLE passport_broker.{each} DISABLE TRIGGER USER"))
        work.connection.execute(text(statement))
        for each in TABLES:
            work.connection.execute(text(f"ALTER TABLE passport_broker.{each} ENABLE TRIGGER USER"))
        work.commit()


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("SELECT 1", []),
        ("UPDATE passport_broker.visa SET ends = ends + 1 WHERE subject = 'eve'", ["visa", "visa"]),
        ("UPDATE passport_broker.visa SET why = 'x' WHERE subject = 'eve'", ["visa", "visa"]),
        ("DELETE FROM passport_broker.visa_revocation", ["visa"]),
        ("DELETE FROM passport_broker.visa WHERE subject = 'ben'", ["visa"]),
        ("UPDATE passport_broker.application_step SET note = 'x' WHERE number = 4", ["application"] * 2),
        ("DELETE FROM passport_broker.application_step WHERE number = 4", ["application"]),
        (FORGED, ["visa"]),
        ("UPDATE passport_broker.application SET applicant = 'mallory'", ["application"] * 8),
        ("UPDATE passport_broker.application SET dataset = 'secret'", ["application"] * 8),
        ("UPDATE passport_broker.application_step SET accepted = '[]' WHERE number = 4", ["application"] * 2),
        ("UPDATE passport_broker.visa_revocation SET why = 'x'", ["visa"]),
        ("UPDATE passport_broker.visa_revocation SET by = '{\"user\": \"x\"}'", ["visa"]),
        (
            """INSERT INTO passport_broker.visa_revocation (visa, by, why)
            SELECT id, made_by, 'x' FROM passport_broker.visa WHERE subject = 'ben'""",
            ["visa"],
        ),
    ],
)
def test_what_was_rewritten_is_found(desks: Desks, statement: str, wrong: list[str]) -> None:
    desks.approved()
    gone = desks.office.desk.issue(wanted("eve"), OPERATOR)
    desks.office.desk.issue(
        wanted("eve", conditions=[[{"type": "ResearcherStatus", "by": "const:so"}]]), OPERATOR
    )
    desks.office.desk.revoke(gone.id, "because", OPERATOR)
    if "subject = 'eve'" in statement:
        statement += " AND conditions IS NULL"
    tampered(desks.office.database, statement)
    assert [each.what for each in faults(desks.office.database)] == wrong


def test_what_failed_is_no_fault(desks: Desks) -> None:
    from passport_broker.applications.errors import Overtaken
    from passport_broker.visas.errors import VisaRevoked

    made = desks.submitted()
    with pytest.raises(Overtaken):
        desks.applications.withdraw(desks.ada, made.id, 1)
    visa = desks.office.desk.issue(wanted("eve", value=DATA + "/x"), OPERATOR)
    desks.office.desk.revoke(visa.id, "because", OPERATOR)
    with pytest.raises(VisaRevoked):
        desks.office.desk.revoke(visa.id, "again", OPERATOR)
    assert list(faults(desks.office.database)) == []


def test_what_was_recorded_before_there_were_these_proofs_is_no_fault(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "digest", recording.digest_before)
    monkeypatch.setattr(desk, "told_revoked", lambda visa, _actor, _why: {"visa": visa})
    desks.submitted()
    visa = desks.office.desk.issue(wanted("eve"), OPERATOR)
    desks.office.desk.revoke(visa.id, "because", OPERATOR)
    monkeypatch.undo()
    assert list(faults(desks.office.database)) == []
    tampered(desks.office.database, "UPDATE passport_broker.application_step SET note = 'x' WHERE number = 2")
    assert [each.what for each in faults(desks.office.database)] == ["application"] * 2


def test_a_visa_of_before_what_was_pruned_is_named_while_it_holds(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.office.desk.issue(wanted("eve"), OPERATOR)
    tampered(desks.office.database, FORGED)
    old = "UPDATE passport_broker.visa SET made_at = '2020-01-01' WHERE subject = 'mallory'"
    tampered(desks.office.database, old)
    since = datetime(2025, 1, 1, tzinfo=UTC)
    whole = proving._recorded(desks.office.database)
    monkeypatch.setattr(proving, "_recorded", lambda _: replace(whole, since=since))
    clock = desks.office.clock
    assert [each.id for each in faults(desks.office.database, clock)] == ["forged-forged-forged"]
    clock.now += 400 * 86_400
    assert list(faults(desks.office.database, clock)) == []
