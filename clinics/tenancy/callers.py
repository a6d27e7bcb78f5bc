"""Who is asking: one member of one clinic, looked up again on every request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from clinics.tenancy.errors import AccountPending, AccountSuspended, SessionEnded, TokenInvalid
from clinics.tenancy.models import MembershipStatus, Role
from dentalogic.core.scope import Scope

_FIND = """
SELECT m.id, m.role, m.status, u.is_active, u.email, u.first_name, u.last_name,
       c.name, c.is_active, c.schema_name, c.id, c.timezone, c.clock_offset,
       f.id IS NOT NULL AND f.ended_at IS NULL
FROM public.memberships m
JOIN public.users u ON u.id = m.user_id
JOIN public.clinics c ON c.id = m.clinic_id
LEFT JOIN public.refresh_families f ON f.id = %s AND f.membership_id = m.id
WHERE m.user_id = %s AND m.clinic_id = %s
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """An active member acting for their clinic, by token (`family_id`) or by session (None)."""

    user_id: UUID
    membership_id: UUID
    role: Role
    email: str
    first_name: str
    last_name: str
    clinic_name: str
    scope: Scope
    family_id: UUID | None = None
    expires_at: datetime | None = None

    # What Django and DRF ask of a user.
    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def pk(self) -> UUID:
        return self.user_id

    @property
    def acts_as(self) -> str:
        """How the audit names them."""
        return f"staff:{self.user_id}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def find_caller(
    user_id: UUID,
    clinic_id: UUID,
    *,
    family_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> Caller:
    """Look an active member up, in one statement.

    Raises `TokenInvalid` for no member, `AccountPending`, `AccountSuspended`, and `SessionEnded`
    when `family_id` was given and that log-in was ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [family_id, user_id, clinic_id])
        row = cursor.fetchone()
    if row is None:
        raise TokenInvalid
    (membership_id, role, status, enabled, email, first_name, last_name, *rest) = row
    clinic_name, open_, schema, tenant_id, timezone, offset, family_lives = rest
    if not open_:
        raise TokenInvalid
    if status == MembershipStatus.PENDING:
        raise AccountPending
    if status != MembershipStatus.ACTIVE or not enabled:
        raise AccountSuspended
    if family_id is not None and not family_lives:
        raise SessionEnded
    return Caller(
        user_id=user_id,
        membership_id=membership_id,
        role=Role(role),
        email=email,
        first_name=first_name,
        last_name=last_name,
        clinic_name=clinic_name,
        scope=Scope(schema, tenant_id, timezone, offset),
        family_id=family_id,
        expires_at=expires_at,
    )


def is_still_active(caller: Caller) -> bool:
    """Whether the caller may go on: for connections that outlive a request."""
    try:
        now = find_caller(caller.user_id, caller.scope.tenant_id, family_id=caller.family_id)
    except (TokenInvalid, AccountPending, AccountSuspended, SessionEnded):
        return False
    return now.role == caller.role
