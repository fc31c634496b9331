"""Devices their holder confirmed, flows that unlock, and events of the population register."""

import django.db.models.deletion
from django.db import migrations, models

from eid_portal.core.database import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_guardianship_reviews'),
    ]

    operations = [
        migrations.AddField(
            model_name='device',
            name='confirmed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='flow',
            name='kind',
            field=models.CharField(choices=[('SIGN_IN', 'Signing in'), ('ACTIVATION', 'Activating the account'), ('RECOVERY', 'Recovering the account'), ('UNLOCK', 'Unlocking the account')], max_length=16),
        ),
        migrations.CreateModel(
            name='PopulationEvent',
            fields=[
                ('event_id', models.UUIDField(primary_key=True, serialize=False)),
                ('party', models.CharField(max_length=40)),
                ('body_hash', models.BinaryField()),
                ('kind', models.CharField(choices=[('died', 'The person has died'), ('card_lost', 'The ID card was reported lost'), ('card_revoked', 'The ID card was revoked')], max_length=16)),
                ('outcome', models.CharField(choices=[('done', 'Carried out'), ('nothing', 'Nothing was left to do'), ('unknown', 'The portal does not hold this person')], max_length=10)),
                ('received_at', models.DateTimeField()),
                ('citizen', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='population_events', to='accounts.citizen')),
            ],
            options={
                'abstract': False,
            },
        ),
        append_only("accounts_populationevent"),
    ]
