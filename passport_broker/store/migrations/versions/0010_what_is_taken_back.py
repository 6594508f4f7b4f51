"""A number that moves when tokens are taken back: who keeps callers knows when to look at them again."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CHANGES = """
CREATE TABLE passport_broker.token_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), number bigint NOT NULL
);
INSERT INTO passport_broker.token_version (number) VALUES (0);

-- In the transaction of what is taken back, so that nobody sees the number before that.
CREATE FUNCTION passport_broker.taken_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE passport_broker.token_version SET number = number + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER taken_back AFTER UPDATE ON passport_broker.account FOR EACH ROW
    WHEN (OLD.epoch <> NEW.epoch OR OLD.disabled <> NEW.disabled)
    EXECUTE FUNCTION passport_broker.taken_back();
CREATE TRIGGER taken_back AFTER UPDATE ON passport_broker.family FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION passport_broker.taken_back();
CREATE TRIGGER taken_back AFTER INSERT ON passport_broker.revoked_token FOR EACH ROW
    EXECUTE FUNCTION passport_broker.taken_back();
CREATE TRIGGER taken_back AFTER DELETE ON passport_broker.consent FOR EACH ROW
    EXECUTE FUNCTION passport_broker.taken_back();
CREATE TRIGGER taken_back AFTER DELETE ON passport_broker.client FOR EACH ROW
    EXECUTE FUNCTION passport_broker.taken_back();
"""
TABLES = ("account", "family", "revoked_token", "consent", "client")


def upgrade() -> None:
    op.execute(CHANGES)


def downgrade() -> None:
    op.execute("".join(f"DROP TRIGGER taken_back ON passport_broker.{each};" for each in TABLES))
    op.execute("DROP FUNCTION passport_broker.taken_back; DROP TABLE passport_broker.token_version;")
