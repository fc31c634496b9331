"""What Django's own steps cannot say of the books: entries balance, and nothing in them changes."""

from django.db import migrations

from eid_portal.core.database import append_only

_BALANCES = """
CREATE FUNCTION payments_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry uuid := to_jsonb(NEW) ->> TG_ARGV[0];
    lines integer;
    total numeric;
BEGIN
    SELECT count(*), COALESCE(sum(amount), 0) INTO lines, total FROM payments_posting WHERE entry_id = entry;
    IF lines < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'entry % has % postings and sums to %', entry, lines, total USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_journalentry_balances AFTER INSERT ON payments_journalentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_balances('id');
CREATE CONSTRAINT TRIGGER payments_posting_balances AFTER INSERT ON payments_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_balances('entry_id');
"""
_NO_BALANCES = """
DROP TRIGGER payments_posting_balances ON payments_posting;
DROP TRIGGER payments_journalentry_balances ON payments_journalentry;
DROP FUNCTION payments_entry_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_payments")]

    operations = [
        append_only("payments_journalentry"),
        append_only("payments_posting"),
        migrations.RunSQL(_BALANCES, _NO_BALANCES),
    ]
