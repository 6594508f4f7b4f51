"""The register of datasets."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
-- Moves with every change of the register, so that processes know when to look again.
CREATE TABLE governance.version (one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL);
INSERT INTO governance.version (number) VALUES (1);

-- anonymous: 0 none, 1 boolean, 2 count, 3 record. A row that says nothing gives nothing.
CREATE TABLE governance.dataset (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    assembly text NOT NULL,
    anonymous smallint NOT NULL DEFAULT 0 CHECK (anonymous BETWEEN 0 AND 3),
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    test boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE governance.dataset; DROP TABLE governance.version;")
