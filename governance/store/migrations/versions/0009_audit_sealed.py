"""Takes rows with a seal only: a process of before there were seals fails rather than adds rows without."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# NOT VALID: rows of before there were seals stay as they are, and a checkpoint vouches for them.
SEALED = """
ALTER TABLE governance.audit ADD CONSTRAINT sealed CHECK (left(body, 9) = '{"seal":"') NOT VALID
"""


def upgrade() -> None:
    op.execute(SEALED)


def downgrade() -> None:
    op.execute("ALTER TABLE governance.audit DROP CONSTRAINT sealed")
