"""A posting is written by the statement that writes its entry, and on an account there is: told of each by two look-ups."""

from django.db import migrations

# Rows of one statement have the same transaction and the same command of it. So the sum of an entry, looked at when its
# transaction commits or whenever somebody has that check done early, is its sum for good. Neither entries nor accounts
# are ever changed or deleted, so what is found here stays: this takes the place of two foreign keys, which would lock
# the account's row for every payment there is.
_NOW = """
DROP TRIGGER payments_posting_whole ON payments_posting;
DROP FUNCTION payments_entry_is_whole();

CREATE FUNCTION payments_posting_is_of_its_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM payments_posting posting
    JOIN payments_journalentry entry ON entry.id = posting.entry_id
    JOIN payments_ledgeraccount account ON account.code = posting.account_id
    WHERE posting.id = NEW.id AND entry.xmin = posting.xmin AND entry.cmin = posting.cmin;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an entry is written whole, by one statement, on accounts that there are: nothing is added to it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_posting_whole AFTER INSERT ON payments_posting
    FOR EACH ROW EXECUTE FUNCTION payments_posting_is_of_its_entry();
"""
_BEFORE = """
DROP TRIGGER payments_posting_whole ON payments_posting;
DROP FUNCTION payments_posting_is_of_its_entry();

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


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_payment_indexes")]

    operations = [migrations.RunSQL(_NOW, _BEFORE)]
