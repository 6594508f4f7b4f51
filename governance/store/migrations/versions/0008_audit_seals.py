"""What seals need: where a writer's last row is, which secrets the trail was written under, who a name is."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
-- The last row of a writer: 25 characters are the beginning of a sealed body with the writer's name.
CREATE INDEX audit_writer ON governance.audit (left(body, 25), sequence);

-- The digests of the secrets in the folder `keys`: another secret would make new names for everybody.
CREATE TABLE governance.audit_secret (name text PRIMARY KEY, fingerprint bytea NOT NULL);

-- The account, encrypted under a key that needs both this row's key and the site's secret.
ALTER TABLE governance.audit_pseudonym ADD account bytea;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("ALTER TABLE governance.audit_pseudonym DROP account")
    op.execute("DROP TABLE governance.audit_secret; DROP INDEX governance.audit_writer;")
