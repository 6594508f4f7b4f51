"""Who owns the tables can rewrite them; the trail says so."""

import pytest
from sqlalchemy import text

from database.engine import Database
from passport_broker.domain.actors import OPERATOR
from passport_broker.proving import faults
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
        ("UPDATE passport_broker.application_step SET note = 'x' WHERE number = 3", ["application"] * 2),
        ("DELETE FROM passport_broker.application_step WHERE number = 3", ["application"]),
        (FORGED, ["visa"]),
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
