"""Who changed what: one row a change, written by triggers, never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dentalogic.core.clock import real_now
from dentalogic.core.tenant_models import TenantModel


class AuditAction(models.TextChoices):
    INSERT = "insert", "Alta"
    UPDATE = "update", "Cambio"
    DELETE = "delete", "Baja"


class AuditEntry(TenantModel):
    """One change of one row. `before` and `after` hold the columns that changed, as JSON."""

    at = models.DateTimeField(default=real_now)
    # "staff:<user id>", "patient", "agent" or "system".
    actor = models.CharField(max_length=60)
    table_name = models.CharField(max_length=63)
    row_id = models.UUIDField()
    action = models.CharField(max_length=6, choices=AuditAction)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta(TenantModel.Meta):
        db_table = "audit_entries"
        constraints = [
            models.CheckConstraint(
                name="audit_action_known", condition=Q(action__in=AuditAction.values)
            )
        ]
        indexes = [
            # The history of one object; what a day's changes were; what retention removes.
            models.Index(fields=["table_name", "row_id", "at"], name="audit_of_row"),
            models.Index(fields=["at", "id"], name="audit_by_time"),
        ]
