import django.contrib.postgres.indexes
from django.db import migrations, models

import dentalogic.core.sqlpatch


class Migration(migrations.Migration):
    dependencies = [
        ("agent", "0001_turns"),
        ("clinics", "0009_immutable_more"),
        ("whatsapp", "0001_channel"),
    ]

    operations = [
        dentalogic.core.sqlpatch.SqlPatch(
            name="clinics/0010_phone_parts.sql",
            state=[
                migrations.AddIndex(
                    model_name="patient",
                    index=django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            models.F("phone"), name="gin_trgm_ops"
                        ),
                        condition=models.Q(("phone", None), _negated=True),
                        name="patient_phone_parts",
                    ),
                )
            ],
        ),
    ]
