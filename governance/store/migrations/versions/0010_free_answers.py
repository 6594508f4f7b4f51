"""What costs nobody anything is kept as told, but not as spent."""

from importlib import import_module

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Rows of nothing spent would be storage without end, and the row of nobody one that all writers wait for.
_SPENT = "    INSERT INTO governance.disclosure_spent"
_DEAR = "    IF price > 0 THEN\n"
_CONFLICT = "nats = disclosure_spent.nats + excluded.nats;\n"


def upgrade() -> None:
    before = import_module("governance.store.migrations.versions.0006_accounts").DISCLOSE
    function = before.replace(_SPENT, _DEAR + _SPENT).replace(_CONFLICT, _CONFLICT + "    END IF;\n")
    connection = op.get_bind()
    connection.exec_driver_sql(function)
    connection.exec_driver_sql("DELETE FROM governance.disclosure_spent WHERE nats = 0")


def downgrade() -> None:
    before = import_module("governance.store.migrations.versions.0006_accounts")
    op.get_bind().exec_driver_sql(before.DISCLOSE)
