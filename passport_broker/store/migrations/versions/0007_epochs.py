"""What is begun while somebody is signed out everywhere, or takes a consent back, does not hold."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHANGES = """
-- Moves when an account is signed out everywhere. Sessions, families and devices have the one that was read
-- as they were begun: in another one they do not hold.
ALTER TABLE passport_broker.account ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
ALTER TABLE passport_broker.session ADD COLUMN epoch bigint NOT NULL DEFAULT 0;
ALTER TABLE passport_broker.family ADD COLUMN epoch bigint DEFAULT 0;
ALTER TABLE passport_broker.device ADD COLUMN epoch bigint DEFAULT 0;

-- A consent that was taken back and is given again is another one.
ALTER TABLE passport_broker.consent ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
ALTER TABLE passport_broker.family ADD COLUMN consent bigint;
ALTER TABLE passport_broker.device ADD COLUMN consent bigint;
"""


def upgrade() -> None:
    op.execute(CHANGES)


def downgrade() -> None:
    op.execute("".join(
        f"ALTER TABLE passport_broker.{table} DROP COLUMN {column};"
        for table, column in (
            ("device", "consent"), ("family", "consent"), ("consent", "number"),
            ("device", "epoch"), ("family", "epoch"), ("session", "epoch"), ("account", "epoch"),
        )
    ))  # fmt: skip
