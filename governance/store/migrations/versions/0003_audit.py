"""The audit trail: its rows, the checkpoints that sign them, and what was pruned."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
-- One row for each answer and act. `hash` is over the row and `previous`, as docs/audit.md says; `at` and
-- `kind` repeat what the body says, to be searched by.
CREATE TABLE governance.audit (
    sequence bigint PRIMARY KEY CHECK (sequence > 0),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_at ON governance.audit USING brin (at) WITH (pages_per_range = 32);
CREATE INDEX audit_act ON governance.audit (sequence) WHERE kind <> 'answer';

CREATE TABLE governance.audit_checkpoint (
    number bigint PRIMARY KEY CHECK (number > 0),
    sequence bigint NOT NULL UNIQUE,
    token text NOT NULL
);

-- Rows up to `upto` may be deleted, and only those.
CREATE TABLE governance.audit_pruned (
    upto bigint PRIMARY KEY CHECK (upto > 0),
    token text NOT NULL
);

-- The key under which a subject is pseudonymised, found by what only this site can compute of the subject.
-- A key is deleted to forget its subject; `audit_forgotten` moves then, so that processes forget it, too.
CREATE TABLE governance.audit_pseudonym (
    lookup bytea PRIMARY KEY,
    key bytea NOT NULL CHECK (octet_length(key) = 32)
);
CREATE TABLE governance.audit_forgotten (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL
);
INSERT INTO governance.audit_forgotten (number) VALUES (0);

-- Against mistakes, ours and others'. Whoever owns the tables can drop these triggers: the chain finds them.
CREATE FUNCTION governance.audit_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to: % on %.% is refused',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION governance.audit_only_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT max(sequence) FROM gone) > coalesce((SELECT max(upto) FROM governance.audit_pruned), 0) THEN
        RAISE EXCEPTION 'rows of the audit trail leave it by `insitu audit prune` alone'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER only_added BEFORE UPDATE OR TRUNCATE ON governance.audit
    FOR EACH STATEMENT EXECUTE FUNCTION governance.audit_only_added();
CREATE TRIGGER only_pruned AFTER DELETE ON governance.audit REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION governance.audit_only_pruned();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION governance.audit_only_added();
CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.audit_pruned
    FOR EACH STATEMENT EXECUTE FUNCTION governance.audit_only_added();
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(
        "DROP TABLE governance.audit, governance.audit_checkpoint, governance.audit_pruned, "
        "governance.audit_pseudonym, governance.audit_forgotten;"
        "DROP FUNCTION governance.audit_only_added, governance.audit_only_pruned;"
    )
