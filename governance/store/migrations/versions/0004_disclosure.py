"""Budgets: what each identity was told, and how much that betrayed of each person."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
-- Identities, persons and things are digests under the site's secret; the tables name nobody. Rows outlive
-- releases, and one person's row counts for every dataset that holds them.
CREATE TABLE governance.disclosure_spent (
    identity bytea NOT NULL,
    person bytea NOT NULL,
    nats double precision NOT NULL CHECK (nats >= 0),
    PRIMARY KEY (identity, person)
);

-- A thing is an allele, or a set of people, as it was when it was told. `value`: how many people contributed.
CREATE TABLE governance.disclosed (
    identity bytea NOT NULL,
    thing bytea NOT NULL,
    value integer NOT NULL CHECK (value > 0),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (identity, thing)
);

-- The digest of the secret: another secret would make every budget new.
CREATE TABLE governance.disclosure_secret (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    fingerprint bytea NOT NULL
);
"""

# Callers of one identity take turns, so that what is read here is what is charged. `charges[n]` is what each
# of n people pays, NULL where n are too few.
FUNCTION = """
CREATE FUNCTION governance.disclose(
    who bytea[], what bytea, people bytea[], charges float8[], fewest integer, budget float8
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    known integer;
    able bytea[];
    before integer;
    price float8;
BEGIN
    SELECT value INTO known FROM governance.disclosed WHERE identity = ANY(who) AND thing = what LIMIT 1;
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(encode(who[1], 'hex'), 1768843636));
    SELECT value INTO known FROM governance.disclosed WHERE identity = ANY(who) AND thing = what LIMIT 1;
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    LOOP
        before := coalesce(cardinality(people), 0);
        IF before < fewest OR charges[before] IS NULL THEN
            RETURN 0;
        END IF;
        price := charges[before];
        SELECT array_agg(person) INTO able FROM (
            SELECT asked.person FROM unnest(people) AS asked (person)
            LEFT JOIN governance.disclosure_spent s ON s.identity = ANY(who) AND s.person = asked.person
            GROUP BY asked.person HAVING coalesce(sum(s.nats), 0) + price <= budget
        ) AS found;
        EXIT WHEN cardinality(able) = before;
        people := able;
    END LOOP;
    INSERT INTO governance.disclosure_spent (identity, person, nats)
        SELECT who[1], person, price FROM unnest(people) AS paying (person)
        ON CONFLICT (identity, person) DO UPDATE SET nats = disclosure_spent.nats + excluded.nats;
    INSERT INTO governance.disclosed (identity, thing, value) VALUES (who[1], what, before);
    RETURN before;
END
$$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.get_bind().exec_driver_sql(FUNCTION)


def downgrade() -> None:
    op.execute("DROP FUNCTION governance.disclose")
    op.execute(
        "DROP TABLE governance.disclosed, governance.disclosure_spent, governance.disclosure_secret"
    )
