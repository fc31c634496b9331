import eid_portal.core.sealed
from django.db import migrations, models

LEVELS = [("MINIMUM", "The least"), ("BASIC", "The usual"), ("FULL", "Everything")]


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_verification")]

    # No copy and no card was made before: the defaults are of nobody.
    operations = [
        migrations.AddField(
            "signedcopy",
            "level",
            models.CharField(choices=LEVELS, default="FULL", max_length=8, verbose_name="how much"),
            preserve_default=False,
        ),
        migrations.AddField(
            "signedcopy",
            "says",
            eid_portal.core.sealed.SealedJSONField(default=eid_portal.core.sealed.Sealed()),
            preserve_default=False,
        ),
        migrations.AddField(
            "printedcard",
            "code",
            eid_portal.core.sealed.SealedTextField(default=eid_portal.core.sealed.Sealed()),
            preserve_default=False,
        ),
        migrations.AddField(
            "printedcard",
            "language",
            models.CharField(default="vi", max_length=2),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "signedcopy",
            models.CheckConstraint(
                condition=models.Q(("level__in", ["MINIMUM", "BASIC", "FULL"])),
                name="signed_copy_level",
            ),
        ),
        migrations.AddIndex(
            "signedcopy",
            models.Index(
                models.F("citizen"),
                models.OrderBy(models.F("id"), descending=True),
                name="signed_copy_of_citizen",
            ),
        ),
        migrations.AddIndex(
            "printedcard",
            models.Index(
                models.F("citizen"),
                models.OrderBy(models.F("id"), descending=True),
                name="printed_card_of_citizen",
            ),
        ),
    ]
