"""Adding rows to the trail in one round trip, under the lock that all processes take in turn."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Each statement of the function sees what was committed before it, so what follows the lock sees all rows of
# whoever had it before. Nothing is added, and NULL given, where row `known` is not there with `known_hash`,
# or the `forgotten` subjects are not those that the bodies were written under. `first` is the number of the
# first row added, `before` the hash of the row before it, `last` that of the last row added.
FUNCTION = r"""
CREATE FUNCTION governance.audit_append(
    known bigint, known_hash bytea, forgotten bigint, times timestamptz[], kinds text[], bodies text[],
    OUT first bigint, OUT before bytea, OUT last bytea
) LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
    made bytea;
BEGIN
    -- governance.audit.appending.LOCK
    PERFORM pg_advisory_xact_lock(115923103085924);
    IF forgotten IS DISTINCT FROM (SELECT f.number FROM governance.audit_forgotten f)
        OR known > 0
        AND known_hash IS DISTINCT FROM (SELECT hash FROM governance.audit WHERE sequence = known)
    THEN
        RETURN;
    END IF;
    SELECT sequence, hash INTO number, before FROM governance.audit ORDER BY sequence DESC LIMIT 1;
    number := coalesce(number, 0);
    before := coalesce(before, decode(repeat('00', 32), 'hex'));
    first := number + 1;
    last := before;
    FOR each IN 1 .. cardinality(bodies) LOOP
        number := number + 1;
        made := sha256(convert_to(
            E'insitu-audit-1\n' || number || E'\n' || encode(last, 'hex') || E'\n' || bodies[each], 'UTF8'));
        INSERT INTO governance.audit (sequence, at, kind, body, previous, hash)
            VALUES (number, times[each], kinds[each], bodies[each], last, made);
        last := made;
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(FUNCTION)


def downgrade() -> None:
    op.execute("DROP FUNCTION governance.audit_append")
