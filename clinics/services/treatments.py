"""The services on offer, read the short way: every question about the agenda begins with them."""

from __future__ import annotations

from django.db import connection

from clinics.models import Treatment
from dentalogic.core.tenancy import current_scope

_FIELDS = [field.attname for field in Treatment._meta.concrete_fields]
_READ = f"""
SELECT {", ".join(str(field.column) for field in Treatment._meta.concrete_fields)}
FROM treatments t WHERE t.tenant_id = %s AND t.is_active ORDER BY t.name, t.id
"""  # noqa: S608  # the names of our own columns


def active_treatments() -> list[Treatment]:
    """Return the treatments that can be booked, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [current_scope().tenant_id])
        return [Treatment.from_db("default", _FIELDS, row) for row in cursor.fetchall()]
