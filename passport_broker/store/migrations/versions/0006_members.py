"""Members of applications accept or leave; links between accounts are found by either end."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Who was a member of what was approved before had a visa of it, without being asked.
TABLES = """
ALTER TABLE passport_broker.application_step ADD COLUMN accepted jsonb NOT NULL DEFAULT '[]';
ALTER TABLE passport_broker.application_step DISABLE TRIGGER only_added;
UPDATE passport_broker.application_step SET accepted = content -> 'members'
WHERE state IN ('approved', 'renewed', 'ended');
ALTER TABLE passport_broker.application_step ENABLE TRIGGER only_added;
CREATE INDEX visa_linked ON passport_broker.visa USING gin (string_to_array(value, ';'))
    WHERE type = 'LinkedIdentities';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("""
DROP INDEX passport_broker.visa_linked;
ALTER TABLE passport_broker.application_step DROP COLUMN accepted;
""")
