"""The client that every broker knows, and of what people were reminded."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Who has registered a client of this id keeps it.
CLIENT = """
INSERT INTO passport_broker.client
    (id, name, secret, redirect_uris, grants, scopes, audiences, serves, id_token_algorithm)
VALUES ('insitu-cli', 'Insitu command line', NULL, '{}',
    '{urn:ietf:params:oauth:grant-type:device_code,refresh_token}',
    '{openid,profile,email,ga4gh_passport_v1,offline_access}', '{*}', '{}', 'RS256')
ON CONFLICT (id) DO NOTHING;
"""
# A row once somebody was told, or could not be: `told_at` is null until they were.
TABLES = """
CREATE TABLE passport_broker.reminder (
    key text PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 200),
    application text NOT NULL REFERENCES passport_broker.application,
    told_at timestamptz,
    how text CHECK (how IN ('mail', 'log')),
    failed_at timestamptz,
    CHECK ((told_at IS NULL) = (how IS NULL))
);
CREATE INDEX reminder_application ON passport_broker.reminder (application);
CREATE INDEX reminder_failed ON passport_broker.reminder (failed_at) WHERE told_at IS NULL;
"""


def upgrade() -> None:
    op.execute(CLIENT)
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE passport_broker.reminder")
    op.execute("DELETE FROM passport_broker.client WHERE id = 'insitu-cli'")
