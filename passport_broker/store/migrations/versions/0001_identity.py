"""Accounts, sessions, clients, consents, what tokens descend from, devices and rates."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
-- Nothing here is a secret: passwords are argon2 hashes; of sessions, codes, tokens and clients' secrets only
-- digests are kept.
CREATE TABLE passport_broker.account (
    subject text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('local', 'upstream', 'demonstration')),
    login text UNIQUE,
    password text,
    name text,
    email text,
    disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (kind <> 'local' OR login IS NOT NULL)
);

CREATE TABLE passport_broker.session (
    hash bytea PRIMARY KEY,
    subject text NOT NULL REFERENCES passport_broker.account ON DELETE CASCADE,
    authenticated_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON passport_broker.session (subject);
CREATE INDEX ON passport_broker.session (ends_at);

CREATE TABLE passport_broker.client (
    id text PRIMARY KEY,
    name text NOT NULL,
    secret bytea,
    redirect_uris text[] NOT NULL,
    grants text[] NOT NULL,
    scopes text[] NOT NULL,
    audiences text[] NOT NULL,
    serves text[] NOT NULL,
    id_token_algorithm text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE passport_broker.consent (
    subject text NOT NULL REFERENCES passport_broker.account ON DELETE CASCADE,
    client text NOT NULL REFERENCES passport_broker.client ON DELETE CASCADE,
    scopes text[] NOT NULL,
    audiences text[] NOT NULL,
    given_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subject, client)
);

-- What one consent led to. subject is null where the client acts for itself.
CREATE TABLE passport_broker.family (
    id text PRIMARY KEY,
    client text NOT NULL REFERENCES passport_broker.client ON DELETE CASCADE,
    subject text REFERENCES passport_broker.account ON DELETE CASCADE,
    scopes text[] NOT NULL,
    audiences text[] NOT NULL,
    authenticated_at timestamptz,
    began_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ON passport_broker.family (subject, client);
CREATE INDEX ON passport_broker.family (ends_at);

-- Codes and refresh tokens stay as long as their family, so that using one twice is noticed.
CREATE TABLE passport_broker.code (
    hash bytea PRIMARY KEY,
    family text NOT NULL REFERENCES passport_broker.family ON DELETE CASCADE,
    redirect_uri text NOT NULL,
    challenge text NOT NULL,
    nonce text,
    ends_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX ON passport_broker.code (family);

CREATE TABLE passport_broker.refresh_token (
    hash bytea PRIMARY KEY,
    family text NOT NULL REFERENCES passport_broker.family ON DELETE CASCADE,
    used_at timestamptz
);
CREATE INDEX ON passport_broker.refresh_token (family);

-- Access tokens that were taken back before their time, by jti.
CREATE TABLE passport_broker.revoked_token (id text PRIMARY KEY, ends_at timestamptz NOT NULL);
CREATE INDEX ON passport_broker.revoked_token (ends_at);

CREATE TABLE passport_broker.device (
    hash bytea PRIMARY KEY,
    user_code bytea NOT NULL UNIQUE,
    client text NOT NULL REFERENCES passport_broker.client ON DELETE CASCADE,
    scopes text[] NOT NULL,
    audiences text[] NOT NULL,
    ends_at timestamptz NOT NULL,
    pause integer NOT NULL,
    polled_at timestamptz,
    allowed boolean,
    subject text REFERENCES passport_broker.account ON DELETE CASCADE,
    authenticated_at timestamptz,
    used_at timestamptz
);
CREATE INDEX ON passport_broker.device (ends_at);

-- How often something was done lately. What a crash takes from it is no loss.
CREATE UNLOGGED TABLE passport_broker.rate (
    key bytea PRIMARY KEY,
    count bigint NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON passport_broker.rate (ends_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    tables = "rate, device, revoked_token, refresh_token, code, family, consent, client, session, account"
    op.execute("".join(f"DROP TABLE passport_broker.{each};" for each in tables.split(", ")))
