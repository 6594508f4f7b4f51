"""Linked accounts have one budget: which accounts are one person is kept, and never undone."""

from importlib import import_module

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Nothing is moved when accounts are joined: what each had spent stays where it was, and their sum counts. Who
# was charged before this table under the account that stood for them is joined with it when next seen linked.
TABLE = """
-- Accounts are digests under the site's secret. All accounts of one person have the same root, which is one
-- of them; an account without a row is nobody else's. Only `governance.disclose` writes here.
CREATE TABLE governance.disclosure_account (
    account bytea PRIMARY KEY,
    root bytea NOT NULL
);
CREATE INDEX disclosure_account_root ON governance.disclosure_account (root);
"""

# Most accounts are linked to no other: each function is quick with these, by a plan that is made once.
ROOTS = """
CREATE FUNCTION governance.disclosure_roots(who bytea[]) RETURNS bytea[] LANGUAGE plpgsql AS $$
DECLARE
    one bytea;
BEGIN
    IF cardinality(who) = 1 THEN
        SELECT root INTO one FROM governance.disclosure_account WHERE account = who[1];
        RETURN ARRAY[coalesce(one, who[1])];
    END IF;
    RETURN (
        SELECT array_agg(DISTINCT coalesce(a.root, asked.account) ORDER BY coalesce(a.root, asked.account))
        FROM unnest(who) AS asked (account)
        LEFT JOIN governance.disclosure_account a ON a.account = asked.account
    );
END
$$;
"""

ACCOUNTS = """
CREATE FUNCTION governance.disclosure_accounts(root_of bytea) RETURNS bytea[] LANGUAGE plpgsql AS $$
DECLARE
    accounts bytea[];
BEGIN
    SELECT array_agg(account) INTO accounts FROM governance.disclosure_account WHERE root = root_of;
    RETURN coalesce(accounts, ARRAY[root_of]);
END
$$;
"""

# Where two accounts were told different numbers of one thing before they were joined, the older is told.
TOLD = """
CREATE FUNCTION governance.disclosure_told(accounts bytea[], what bytea) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    known integer;
BEGIN
    IF cardinality(accounts) = 1 THEN
        SELECT value INTO known FROM governance.disclosed WHERE identity = accounts[1] AND thing = what;
    ELSE
        SELECT value INTO known FROM governance.disclosed
            WHERE identity = ANY(accounts) AND thing = what ORDER BY at, identity LIMIT 1;
    END IF;
    RETURN known;
END
$$;
"""

# Callers of one person take turns, so that what is read here is what is charged. All locks are taken at once
# and in order, for two who each wait for the other would wait for ever; whoever finds after the wait that the
# accounts were joined with others meanwhile has the wrong locks: it gives NULL, and is asked again.
# `charges[n]` is what each of n people pays, NULL where n are too few.
DISCLOSE = """
CREATE OR REPLACE FUNCTION governance.disclose(
    who bytea[], what bytea, people bytea[], charges float8[], fewest integer, budget float8
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    roots bytea[] := governance.disclosure_roots(who);
    accounts bytea[];
    known integer;
    able bytea[];
    before integer;
    price float8;
BEGIN
    IF cardinality(roots) = 1 THEN
        known := governance.disclosure_told(governance.disclosure_accounts(roots[1]), what);
        IF known IS NOT NULL THEN
            RETURN known;
        END IF;
    END IF;
    PERFORM pg_advisory_xact_lock(number) FROM (
        SELECT DISTINCT hashtextextended(encode(root, 'hex'), 1768843636) AS number
        FROM unnest(roots) AS each (root) ORDER BY number
    ) AS in_order;
    IF governance.disclosure_roots(who) <> roots THEN
        RETURN NULL;
    END IF;
    IF cardinality(roots) > 1 THEN
        INSERT INTO governance.disclosure_account (account, root)
            SELECT root, root FROM unnest(roots) AS each (root) ON CONFLICT (account) DO NOTHING;
        UPDATE governance.disclosure_account SET root = roots[1] WHERE root = ANY(roots[2:]);
    END IF;
    accounts := governance.disclosure_accounts(roots[1]);
    known := governance.disclosure_told(accounts, what);
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
            LEFT JOIN governance.disclosure_spent s ON s.identity = ANY(accounts) AND s.person = asked.person
            GROUP BY asked.person HAVING coalesce(sum(s.nats), 0) + price <= budget
        ) AS found;
        EXIT WHEN cardinality(able) = before;
        people := able;
    END LOOP;
    INSERT INTO governance.disclosure_spent (identity, person, nats)
        SELECT roots[1], person, price FROM unnest(people) AS paying (person)
        ON CONFLICT (identity, person) DO UPDATE SET nats = disclosure_spent.nats + excluded.nats;
    INSERT INTO governance.disclosed (identity, thing, value) VALUES (roots[1], what, before);
    RETURN before;
END
$$;
"""

# Without links, each account gets what all of its person's spent and were told: nobody has a budget back.
UNLINKED = """
INSERT INTO governance.disclosure_spent (identity, person, nats)
    SELECT one.account, s.person, sum(s.nats)
    FROM governance.disclosure_account one JOIN governance.disclosure_account other USING (root)
    JOIN governance.disclosure_spent s ON s.identity = other.account
    GROUP BY one.account, s.person
    ON CONFLICT (identity, person) DO UPDATE SET nats = excluded.nats;
INSERT INTO governance.disclosed (identity, thing, value, at)
    SELECT DISTINCT ON (one.account, d.thing) one.account, d.thing, d.value, d.at
    FROM governance.disclosure_account one JOIN governance.disclosure_account other USING (root)
    JOIN governance.disclosed d ON d.identity = other.account
    ORDER BY one.account, d.thing, d.at, d.identity
    ON CONFLICT (identity, thing) DO UPDATE SET value = excluded.value, at = excluded.at;
"""


FUNCTIONS = (ROOTS, ACCOUNTS, TOLD, DISCLOSE)


def upgrade() -> None:
    connection = op.get_bind()
    for each in (TABLE, *FUNCTIONS):
        connection.exec_driver_sql(each)


def downgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(UNLINKED)
    for each in ("disclose", "disclosure_told", "disclosure_accounts", "disclosure_roots"):
        connection.exec_driver_sql(f"DROP FUNCTION governance.{each}")
    connection.exec_driver_sql("DROP TABLE governance.disclosure_account")
    before = import_module("governance.store.migrations.versions.0004_disclosure")
    connection.exec_driver_sql(before.FUNCTION)
