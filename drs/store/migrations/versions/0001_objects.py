"""Objects, where their bytes lie, what else they are called, what bundles hold, and for whom URLs are."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
-- checksums: {"sha-256": "...", "md5": "..."}, in hexadecimal; empty while the object is being prepared.
-- said: why it is broken, for operators. created_at and updated_at are those of the content.
CREATE TABLE drs.object (
    id text PRIMARY KEY,
    dataset text NOT NULL,
    bundle boolean NOT NULL,
    name text,
    size bigint NOT NULL CHECK (size >= 0),
    checksums jsonb NOT NULL,
    mime_type text,
    description text,
    version text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz,
    state text NOT NULL CHECK (state IN ('ready', 'preparing', 'broken')),
    said text,
    registered_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON drs.object (dataset, id) INCLUDE (bundle, size);
CREATE INDEX ON drs.object (registered_at) WHERE state = 'preparing';

-- A file belongs to one object of a dataset: whose content it has. An object may have several.
CREATE TABLE drs.location (
    dataset text NOT NULL,
    store text NOT NULL,
    key text NOT NULL,
    object text NOT NULL REFERENCES drs.object ON DELETE CASCADE,
    mark text,
    PRIMARY KEY (dataset, store, key)
);
CREATE INDEX ON drs.location (object);

CREATE TABLE drs.alias (
    alias text PRIMARY KEY,
    object text NOT NULL REFERENCES drs.object ON DELETE CASCADE
);
CREATE INDEX ON drs.alias (object);

-- What a bundle holds never changes. A member cannot go while a bundle holds it.
CREATE TABLE drs.content (
    bundle text NOT NULL REFERENCES drs.object ON DELETE CASCADE,
    name text NOT NULL,
    member text NOT NULL REFERENCES drs.object,
    PRIMARY KEY (bundle, name)
);
CREATE INDEX ON drs.content (member);

-- kind: bai, csi, tbi, crai, gzi.
CREATE TABLE drs.companion (
    object text NOT NULL REFERENCES drs.object ON DELETE CASCADE,
    kind text NOT NULL,
    index_object text NOT NULL REFERENCES drs.object ON DELETE CASCADE,
    PRIMARY KEY (object, kind)
);
CREATE INDEX ON drs.companion (index_object);

-- For whom signed URLs are, while they are good. A crash that takes it costs new URLs.
CREATE UNLOGGED TABLE drs.bearer (
    name text PRIMARY KEY,
    caller jsonb NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON drs.bearer (ends_at);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP SCHEMA drs CASCADE")
