"""What Django's own steps cannot say: append-only tables, and the first data key."""

from django.db import migrations

from eid_portal.core import sealed
from eid_portal.core.database import CREATE_REFUSAL, DROP_REFUSAL, append_only


def first_data_key(apps, schema_editor):
    """Every installation starts with one key to seal with."""
    if not apps.get_model("core", "DataKey").objects.exists():
        sealed.new_data_key()


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE_REFUSAL, DROP_REFUSAL),
        append_only("core_auditevent"),
        append_only("core_auditblock"),
        append_only("core_auditmembership"),
        append_only("core_auditanchor"),
        migrations.RunPython(first_data_key, migrations.RunPython.noop),
    ]
