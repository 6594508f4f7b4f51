"""Who may compute on the whole files of a dataset, and who may have them."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Circles: 0 nobody, 1 holders of a grant, 2 Registered Access as well, 3 anybody.
COLUMNS = """
ALTER TABLE governance.dataset
    ADD compute smallint NOT NULL DEFAULT 0 CHECK (compute BETWEEN 0 AND 3),
    ADD download smallint NOT NULL DEFAULT 0 CHECK (download BETWEEN 0 AND 3);
"""


def upgrade() -> None:
    op.execute(COLUMNS)


def downgrade() -> None:
    op.execute("ALTER TABLE governance.dataset DROP compute, DROP download")
