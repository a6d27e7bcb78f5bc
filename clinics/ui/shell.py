"""What surrounds every staff page: who, where, and the ways out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from clinics.tenancy.callers import Caller
from clinics.tenancy.models import Role
from clinics.tenancy.permissions import Can, Resource, allowed

_SHELL = """
SELECT count(*) FILTER (WHERE m.clinic_id = %s AND m.status = 'pending'),
       count(DISTINCT m.clinic_id) FILTER (WHERE m.user_id = %s AND m.status = 'active')
FROM public.memberships m JOIN public.clinics c ON c.id = m.clinic_id AND c.is_active
WHERE m.clinic_id = %s OR m.user_id = %s
"""


def shell(request: HttpRequest, caller: Caller) -> dict[str, Any]:
    """Return the context of `ui/shell.html`, in one statement."""
    clinic_id: UUID = caller.scope.tenant_id
    with connection.cursor() as cursor:
        cursor.execute(_SHELL, [clinic_id, caller.user_id, clinic_id, caller.user_id])
        pending, clinics = cursor.fetchone()
    manages = allowed(caller.role, Resource.STAFF, Can.CHANGE)
    host = request.get_host().rsplit(":", 1)[0]
    return {
        "caller": caller,
        "role": Role(caller.role).label,
        "initials": "".join(name[:1] for name in (caller.first_name, caller.last_name)).upper(),
        "clinic": caller.scope.schema,
        "pending": pending if manages else 0,
        "manages": manages,
        "reads_charts": allowed(caller.role, Resource.RECORDS, Can.READ),
        "till": allowed(caller.role, Resource.CASH_FLOW, Can.READ),
        "several": clinics > 1,
        "phone_url": f"http://{host}:{settings.SANDBOX_PORT}/" if settings.SANDBOX else "",
    }
