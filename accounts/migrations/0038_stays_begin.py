"""The first day of a temporary residence; of those there are, the day on which they were registered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0037_mandate_ends")]

    operations = [
        migrations.AddField(
            model_name="stay",
            name="since",
            field=models.DateField(null=True, verbose_name="since"),
        ),
        migrations.RunSQL(
            "UPDATE accounts_stay SET since = (registered_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="stay",
            name="since",
            field=models.DateField(verbose_name="since"),
        ),
    ]
