"""Identities at providers of others, accounts of one person, and logins that have gone to a provider."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
-- Who is known at a provider as what logs in which account here. Nobody is recognised by anything else.
CREATE TABLE passport_broker.upstream_identity (
    issuer text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 255),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    account text NOT NULL REFERENCES passport_broker.account ON DELETE CASCADE,
    founding boolean NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX ON passport_broker.upstream_identity (account);

-- Accounts with the same `person` are one person's; an account without a row is a person's only one. `visa`
-- is the LinkedIdentities that says so at this moment.
CREATE TABLE passport_broker.person (
    account text PRIMARY KEY REFERENCES passport_broker.account ON DELETE CASCADE,
    person text NOT NULL,
    visa text REFERENCES passport_broker.visa
);
CREATE INDEX ON passport_broker.person (person);

-- Browsers that were sent to a provider, and what for. Of the state and of the browser's cookie digests are
-- kept; PKCE's verifier and the nonce follow from the state and the site's secret. What a crash takes is
-- begun again.
CREATE UNLOGGED TABLE passport_broker.errand (
    state bytea PRIMARY KEY,
    browser bytea NOT NULL,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text REFERENCES passport_broker.account ON DELETE CASCADE,
    back text NOT NULL,
    since bigint,
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON passport_broker.errand (ends_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        "DROP TABLE passport_broker.errand, passport_broker.person, passport_broker.upstream_identity;"
    )
