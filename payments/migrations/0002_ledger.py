"""What Django's own steps cannot say of the books: entries balance, and nothing in them changes."""

from django.db import migrations

from eid_portal.core.database import append_only

# An entry is summed once, when its transaction commits. That holds for good because its postings are written by one
# statement that sees the entry: whoever had the check done early (SET CONSTRAINTS) cannot add to the entry afterwards,
# nor can anybody add to an old one, or to one that another transaction has still to commit.
_BALANCES = """
CREATE FUNCTION payments_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines integer;
    total numeric;
BEGIN
    SELECT count(*), COALESCE(sum(amount), 0) INTO lines, total FROM payments_posting WHERE entry_id = NEW.id;
    IF lines < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'entry % has % postings and sums to %', NEW.id, lines, total
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_journalentry_balances AFTER INSERT ON payments_journalentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_balances();

CREATE FUNCTION payments_entry_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added GROUP BY entry_id
        HAVING count(*) <> (
            SELECT count(*) FROM payments_posting posting JOIN payments_journalentry entry ON entry.id = posting.entry_id
            WHERE entry.id = added.entry_id)
    ) THEN
        RAISE EXCEPTION 'an entry is written whole: nothing is added to one that has postings, or is not there yet'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_posting_whole AFTER INSERT ON payments_posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION payments_entry_is_whole();
"""
_NO_BALANCES = """
DROP TRIGGER payments_posting_whole ON payments_posting;
DROP FUNCTION payments_entry_is_whole();
DROP TRIGGER payments_journalentry_balances ON payments_journalentry;
DROP FUNCTION payments_entry_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_payments")]

    operations = [
        append_only("payments_ledgeraccount"),
        append_only("payments_journalentry"),
        append_only("payments_posting"),
        migrations.RunSQL(_BALANCES, _NO_BALANCES),
    ]
