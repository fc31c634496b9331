"""What a code that is shown and a share remember of the button that made or opened them."""

from django.db import migrations, models

import eid_portal.core.sealed


class Migration(migrations.Migration):
    dependencies = [("documents", "0004_copies")]

    operations = [
        migrations.AddField(
            model_name="presentation",
            name="token",
            field=eid_portal.core.sealed.SealedTextField(null=True),
        ),
        # A sealed column has no default; nothing has been shown before this migration.
        migrations.AlterField(
            model_name="presentation",
            name="token",
            field=eid_portal.core.sealed.SealedTextField(),
        ),
        migrations.AddField(
            model_name="presentation",
            name="used_press",
            field=models.CharField(default="", max_length=40),
        ),
        migrations.AddField(
            model_name="share",
            name="press",
            field=models.CharField(default="", max_length=40, unique=True),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="shareview",
            name="press",
            field=models.CharField(default="", max_length=40),
        ),
    ]
