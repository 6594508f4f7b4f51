"""A refresh whose answer was lost may be asked for once more: what came of each refresh token."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE passport_broker.refresh_token ADD COLUMN successor bytea")


def downgrade() -> None:
    op.execute("ALTER TABLE passport_broker.refresh_token DROP COLUMN successor")
