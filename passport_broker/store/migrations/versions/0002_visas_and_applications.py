"""What is asserted of accounts, what was revoked of that, and applications for access with their history."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
-- One row for each assertion about an account of this broker, from which visas are signed when they are asked
-- for. `subject` is the account's, and no foreign key: what was said outlives the account. Times that a visa
-- has are whole seconds since 1970. `made_by` is an account or the operating system's user.
CREATE TABLE passport_broker.visa (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{16,64}$'),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    type text NOT NULL CHECK (length(type) BETWEEN 1 AND 255),
    value text NOT NULL CHECK (length(value) BETWEEN 1 AND 4096),
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 255),
    by text CHECK (by IN ('self', 'peer', 'system', 'so', 'dac')),
    asserted bigint NOT NULL CHECK (asserted >= 0),
    conditions jsonb,
    begins bigint NOT NULL,
    ends bigint NOT NULL CHECK (ends > begins),
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by jsonb NOT NULL,
    why text NOT NULL CHECK (length(why) BETWEEN 1 AND 2000),
    application text,
    CHECK (by IS NOT NULL OR type NOT IN ('AcceptedTermsAndPolicies', 'ControlledAccessGrants'))
);
CREATE INDEX visa_subject ON passport_broker.visa (subject, ends);
CREATE INDEX visa_application ON passport_broker.visa (application) WHERE application IS NOT NULL;

-- What is revoked is so for good: a row for each.
CREATE TABLE passport_broker.visa_revocation (
    visa text PRIMARY KEY REFERENCES passport_broker.visa,
    at timestamptz NOT NULL DEFAULT now(),
    by jsonb NOT NULL,
    why text NOT NULL CHECK (length(why) BETWEEN 1 AND 2000)
);
CREATE INDEX visa_revocation_at ON passport_broker.visa_revocation (at);

-- Moves with each revocation, in its transaction: who keeps what was revoked knows when to look again.
CREATE TABLE passport_broker.visa_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL
);
INSERT INTO passport_broker.visa_version (number) VALUES (0);

-- An application is what its steps made of it: the last one has its state. Two people who take a step at once
-- want the same number, and one of them gets it.
CREATE TABLE passport_broker.application (
    id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{8,64}$'),
    dataset text NOT NULL,
    applicant text NOT NULL,
    renews text REFERENCES passport_broker.application,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX application_applicant ON passport_broker.application (applicant);
CREATE INDEX application_dataset ON passport_broker.application (dataset);
CREATE INDEX application_renews ON passport_broker.application (renews) WHERE renews IS NOT NULL;

CREATE TABLE passport_broker.application_step (
    application text REFERENCES passport_broker.application,
    number integer CHECK (number BETWEEN 1 AND 500),
    at timestamptz NOT NULL,
    step text NOT NULL,
    state text NOT NULL,
    by jsonb NOT NULL,
    content jsonb NOT NULL,
    note text NOT NULL DEFAULT '',
    match jsonb,
    PRIMARY KEY (application, number)
);

CREATE FUNCTION passport_broker.only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this is only ever added to: % on %.% is refused',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON passport_broker.visa
    FOR EACH STATEMENT EXECUTE FUNCTION passport_broker.only_added();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON passport_broker.visa_revocation
    FOR EACH STATEMENT EXECUTE FUNCTION passport_broker.only_added();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON passport_broker.application
    FOR EACH STATEMENT EXECUTE FUNCTION passport_broker.only_added();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON passport_broker.application_step
    FOR EACH STATEMENT EXECUTE FUNCTION passport_broker.only_added();
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        "DROP TABLE passport_broker.application_step, passport_broker.application, "
        "passport_broker.visa_revocation, passport_broker.visa, passport_broker.visa_version;"
        "DROP FUNCTION passport_broker.only_added;"
    )
