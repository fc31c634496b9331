"""Signals of the SMS gateway that a SIM was changed, and the notice of a replaced phone."""

from django.db import migrations, models

from eid_portal.core.database import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_an_account_for_life'),
    ]

    operations = [
        migrations.CreateModel(
            name='SimSignal',
            fields=[
                ('event_id', models.UUIDField(primary_key=True, serialize=False)),
                ('party', models.CharField(max_length=40)),
                ('body_hash', models.BinaryField()),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('CODE', 'One-time code'), ('ACCOUNT_ISSUED', 'Your account was issued'), ('ACCOUNT_REFRESHED', 'Your account has a new card'), ('ACCOUNT_ACTIVATED', 'Your account was activated'), ('ACCOUNT_LOCKED', 'Your account was locked'), ('NEW_DEVICE', 'Sign-in on a new device'), ('AUTHENTICATOR_ADDED', 'A way to sign in was added'), ('PHONE_CHANGED', 'The phone of your account was changed'), ('STRANGERS_TRY', 'Somebody keeps trying to sign in'), ('AUTHENTICATOR_DISABLED', 'A way to sign in was disabled'), ('CARD_EXPIRES', 'Your card expires soon'), ('DATA_UNMASKED', 'An administrator opened your data'), ('PASSWORD_CHANGED', 'Your password was changed'), ('AUTHENTICATOR_REMOVED', 'A way to sign in was removed'), ('PHONE_REPLACED', 'The phone of your account was replaced'), ('EMAIL_CHANGED', 'The e-mail address of your account was changed'), ('CHANGE_REVERTED', 'A change was taken back'), ('SIM_CHANGED', 'Your SIM card was changed'), ('RECOVERY_STARTED', 'A recovery of your account was started'), ('RECOVERY_REMINDER', 'A recovery of your account goes on'), ('RECOVERY_CANCELLED', 'A recovery of your account was cancelled'), ('RECOVERED', 'Your account was recovered'), ('RECOVERY_CODE_REUSED', 'A used recovery code was tried again'), ('ROUTES_CHECK', 'Check your ways of recovery'), ('ACCOUNT_UNLOCKED', 'Your account was unlocked'), ('ACCOUNT_CLOSED', 'Your account was closed'), ('LOCK_ORDER', "An authority's request about your account"), ('CASE_DONE', 'Your visit to the counter'), ('GUARDIANSHIP', 'Guardianship'), ('GUARDIANSHIP_ENDED', 'A guardianship ended'), ('DATA_SEEN', 'Your data was looked at'), ('INSPECTION_ANSWERED', 'Answer to your question about a look at your data'), ('DATA_REQUEST', 'Your request about your data'), ('EXPORT_READY', 'Your data is ready'), ('CONSENT_WITHDRAWN', 'A consent was withdrawn')], max_length=24),
        ),
        append_only("accounts_simsignal"),
    ]
