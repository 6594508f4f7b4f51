"""The command line may ask for what the admin API wants; other clients have to be registered for it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCOPES = "'{access:apply,access:decide,visa:manage}'::text[]"


def upgrade() -> None:
    op.execute(
        f"UPDATE passport_broker.client SET scopes = scopes || {SCOPES} "
        f"WHERE id = 'insitu-cli' AND secret IS NULL AND NOT scopes && {SCOPES}"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE passport_broker.client SET scopes = ARRAY(SELECT unnest(scopes) EXCEPT SELECT unnest("
        f"{SCOPES})) WHERE id = 'insitu-cli'"
    )
