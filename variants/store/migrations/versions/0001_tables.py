"""Datasets' releases, samples, files and loads; genes; and the places linear coordinates are made of."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE SCHEMA IF NOT EXISTS variants;

-- Moves with every switch of a release, so that processes know when to look again.
CREATE TABLE variants.version (one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL);
INSERT INTO variants.version (number) VALUES (1);

-- A sequence of an assembly. A linear coordinate is ordinal << 32 | position.
CREATE TABLE variants.place (
    assembly text NOT NULL,
    name text NOT NULL,
    ordinal integer NOT NULL,
    length bigint,
    accession text,
    PRIMARY KEY (assembly, name),
    UNIQUE (assembly, ordinal)
);

-- A generation of a dataset owns the tables allele_g<id> and tile_g<id>.
CREATE TABLE variants.generation (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset text NOT NULL,
    assembly text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
CREATE INDEX ON variants.generation (dataset);

-- The sequences that a generation's files speak of: its answers tell nothing of what other datasets have.
CREATE TABLE variants.generation_place (
    generation integer NOT NULL REFERENCES variants.generation ON DELETE CASCADE,
    ordinal integer NOT NULL,
    PRIMARY KEY (generation, ordinal)
);

CREATE TABLE variants.release (
    dataset text PRIMARY KEY,
    generation integer NOT NULL REFERENCES variants.generation,
    sequence integer NOT NULL,
    samples integer NOT NULL,
    alleles bigint NOT NULL,
    long_alleles bigint NOT NULL,
    reach integer NOT NULL,
    annotated boolean NOT NULL,
    one_sample_each boolean NOT NULL,
    roll integer NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    -- What was said of the samples is numbered, too: see variants.sample.
    people integer NOT NULL DEFAULT 0,
    people_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE variants.load (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset text NOT NULL,
    generation integer REFERENCES variants.generation ON DELETE SET NULL,
    sequence integer NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    replacing boolean NOT NULL,
    staged boolean NOT NULL,
    strict boolean NOT NULL,
    reference text,
    fingerprint text NOT NULL,
    known_files text[] NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    reason text,
    merged bigint NOT NULL DEFAULT 0,
    contradictions bigint NOT NULL DEFAULT 0,
    report jsonb
);
CREATE INDEX ON variants.load (dataset, id);

-- Whose a sample is. A row is what readers of a release see whose `people` is in [since, until): it is never
-- changed once it was seen, but ended, and another one begun. A biosample is of one person, and a person has
-- one sex.
CREATE TABLE variants.sample (
    generation integer NOT NULL REFERENCES variants.generation ON DELETE CASCADE,
    ordinal integer NOT NULL,
    name text NOT NULL,
    biosample text NOT NULL,
    person text NOT NULL,
    sex text NOT NULL DEFAULT 'unknown' CHECK (sex IN ('female', 'male', 'other', 'unknown')),
    since integer NOT NULL DEFAULT 0,
    until integer NOT NULL DEFAULT 2147483647,
    load bigint NOT NULL REFERENCES variants.load ON DELETE CASCADE,
    -- What the header of its first file says: when it was written (ISO 8601), and by what.
    written text,
    source text,
    PRIMARY KEY (generation, ordinal, since),
    UNIQUE (generation, name, since)
);
CREATE INDEX ON variants.sample (generation, biosample);
CREATE INDEX ON variants.sample (generation, person);

-- A set of samples that were looked at together: the columns of a file, or of several.
CREATE TABLE variants.panel (
    generation integer NOT NULL REFERENCES variants.generation ON DELETE CASCADE,
    id bigint NOT NULL,
    members bytea NOT NULL,
    PRIMARY KEY (generation, id)
);

CREATE TABLE variants.file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    load bigint NOT NULL REFERENCES variants.load ON DELETE CASCADE,
    generation integer NOT NULL REFERENCES variants.generation ON DELETE CASCADE,
    path text NOT NULL,
    bytes bigint NOT NULL,
    digest text NOT NULL,
    ordinals bytea NOT NULL,
    panel bigint
);
CREATE INDEX ON variants.file (generation, digest);

CREATE TABLE variants.part (
    load bigint NOT NULL REFERENCES variants.load ON DELETE CASCADE,
    number integer NOT NULL,
    file bigint NOT NULL REFERENCES variants.file ON DELETE CASCADE,
    stretch jsonb NOT NULL,
    bytes bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    done boolean NOT NULL DEFAULT false,
    report jsonb,
    PRIMARY KEY (load, number)
);
CREATE INDEX ON variants.part (load, number) WHERE NOT done;

-- Who carries anything in a tile, as one part saw it; joined into tile_g<generation> when the load is whole.
CREATE TABLE variants.part_tile (
    load bigint NOT NULL REFERENCES variants.load ON DELETE CASCADE,
    tile bigint NOT NULL,
    carriers bytea
);
CREATE INDEX ON variants.part_tile (load, tile);

CREATE TABLE variants.gene (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    assembly text NOT NULL,
    symbol text NOT NULL,
    ids text[] NOT NULL,
    start bigint NOT NULL,
    stop bigint NOT NULL
);
CREATE INDEX ON variants.gene (assembly);

-- What a gene is called, in lower case. rank: 0 its symbol, 1 its identifiers, 2 what else it was called.
CREATE TABLE variants.gene_name (
    assembly text NOT NULL,
    word text NOT NULL,
    rank smallint NOT NULL,
    gene bigint NOT NULL REFERENCES variants.gene ON DELETE CASCADE
);
CREATE INDEX ON variants.gene_name (assembly, word, rank);
CREATE INDEX ON variants.gene_name (gene);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP SCHEMA variants CASCADE")
