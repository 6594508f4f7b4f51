"""Consent is remembered only where the person said so."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
ALTER TABLE passport_broker.consent
    ADD COLUMN kept_scopes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN kept_audiences text[] NOT NULL DEFAULT '{}';
""")


def downgrade() -> None:
    op.execute("ALTER TABLE passport_broker.consent DROP COLUMN kept_scopes, DROP COLUMN kept_audiences")
