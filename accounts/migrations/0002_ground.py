"""Card events cannot change; provinces and the codes of birth registration."""

import csv
from datetime import date
from pathlib import Path

from django.db import migrations

from eid_portal.core.database import append_only

SINCE = date(2025, 7, 1)
CODES_SINCE = date(2016, 3, 18)


def reference_data(apps, schema_editor):
    """Load the two tables; administrators edit them from here on."""
    province_model = apps.get_model("accounts", "Province")
    code_model = apps.get_model("accounts", "RegistrationCode")
    path = Path(__file__).with_name("registration_codes.csv")
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            province, _ = province_model.objects.get_or_create(
                code=row["province_code"],
                defaults={
                    "name": row["province"],
                    "valid_from": SINCE,
                    "source": "Resolution 202/2025/QH15; Decision 19/2025/QD-TTg",
                    "confidence": "R",
                },
            )
            code_model.objects.get_or_create(
                code=row["code"],
                defaults={
                    "name": row["name"],
                    "province": province,
                    "valid_from": CODES_SINCE,
                    "source": "Circular 07/2016/TT-BCA, annex",
                    "confidence": "R",
                },
            )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("core", "0002_ground")]

    operations = [
        append_only("accounts_cardevent"),
        migrations.RunPython(reference_data, migrations.RunPython.noop),
    ]
