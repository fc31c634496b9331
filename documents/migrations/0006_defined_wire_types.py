"""A registry's word names one defined kind."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0005_showing'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='definedkind',
            constraint=models.UniqueConstraint(fields=('registry', 'wire_type'), name='defined_kind_of_wire_type'),
        ),
    ]
