"""What datasets give to known callers, their terms of use, and who has which role."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
-- Tiers: 0 none, 1 boolean, 2 count, 3 record. A row that says nothing gives nothing.
-- grants: values of ControlledAccessGrants visas that open the controlled tier; sources: the only ones that
-- may have made them, where there are any. duo: terms of use. budget: nats, null without limit.
ALTER TABLE governance.dataset
    ADD registered smallint NOT NULL DEFAULT 0 CHECK (registered BETWEEN 0 AND 3),
    ADD controlled smallint NOT NULL DEFAULT 0 CHECK (controlled BETWEEN 0 AND 3),
    ADD grants text[] NOT NULL DEFAULT '{}',
    ADD sources text[] NOT NULL DEFAULT '{}',
    ADD duo text[] NOT NULL DEFAULT '{}',
    ADD jurisdiction text,
    ADD confidential boolean NOT NULL DEFAULT false,
    ADD threshold integer NOT NULL DEFAULT 5 CHECK (threshold >= 0),
    ADD budget double precision DEFAULT 0.3 CHECK (budget > 0),
    ADD rounding integer NOT NULL DEFAULT 1 CHECK (rounding >= 1);

-- An account is a subject of an issuer; it may have several roles.
CREATE TABLE governance.role (
    issuer text NOT NULL,
    subject text NOT NULL,
    role text NOT NULL,
    given_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject, role)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("""
        DROP TABLE governance.role;
        ALTER TABLE governance.dataset DROP registered, DROP controlled, DROP grants, DROP sources, DROP duo,
            DROP jurisdiction, DROP confidential, DROP threshold, DROP budget, DROP rounding;
    """)
