"""What a person says of themselves."""

from __future__ import annotations

from uuid import UUID

from clinics.tenancy.models import User


def change_phone(*, user_id: UUID, phone: str) -> None:
    """Note somebody's own telephone, in E.164."""
    User.objects.filter(pk=user_id).update(phone=phone)
