"""A number that moves whenever what was told before may have to be told otherwise from now on."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Adding to what was told moves nothing: it is kept because it stays as it is.
TABLES = """
CREATE TABLE governance.disclosure_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL
);
INSERT INTO governance.disclosure_version (number) VALUES (1);

CREATE FUNCTION governance.disclosure_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE governance.disclosure_version SET number = number + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER linked AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON governance.disclosure_account
    EXECUTE FUNCTION governance.disclosure_moved();
CREATE TRIGGER taken_back AFTER UPDATE OR DELETE OR TRUNCATE ON governance.disclosed
    EXECUTE FUNCTION governance.disclosure_moved();
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)


def downgrade() -> None:
    op.execute("DROP TRIGGER linked ON governance.disclosure_account")
    op.execute("DROP TRIGGER taken_back ON governance.disclosed")
    op.execute("DROP FUNCTION governance.disclosure_moved; DROP TABLE governance.disclosure_version;")
