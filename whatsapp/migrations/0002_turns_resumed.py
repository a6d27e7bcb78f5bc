import dentalogic.core.sqlpatch
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinics', '0004_agenda_read'),
        ('whatsapp', '0001_channel'),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name='whatsapp/0002_turns_resumed.sql',
            state=[migrations.AddField(
                model_name='conversation',
                name='open_turn_no',
                field=models.BigIntegerField(null=True),
            ), migrations.AddField(
                model_name='conversation',
                name='open_turn_upto',
                field=models.BigIntegerField(null=True),
            ), migrations.AddField(
                model_name='message',
                name='attempted_at',
                field=models.DateTimeField(blank=True, null=True),
            ), migrations.AddIndex(
                model_name='message',
                index=models.Index(condition=models.Q(('status__in', ['queued', 'sending', 'maybe_sent'])), fields=['conversation', 'position'], name='message_underway'),
            ), migrations.AddConstraint(
                model_name='conversation',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('open_turn_no', None), ('open_turn_upto', None)), models.Q(('open_turn_no__isnull', False), ('open_turn_upto__isnull', False)), _connector='OR'), name='conversation_open_turn_whole'),
            )],
        ),
    ]
