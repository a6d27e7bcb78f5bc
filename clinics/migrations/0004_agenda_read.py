from __future__ import annotations

from django.db import migrations

from dentalogic.core.sqlpatch import SqlPatch


class Migration(migrations.Migration):
    dependencies = [("clinics", "0003_immutable")]
    operations = [SqlPatch("clinics/0004_agenda_read.sql")]
