"""What follows in a clinic when a member is let in or shut out."""

from __future__ import annotations

from django.db.models import F

from clinics.models import Professional
from clinics.tenancy.models import Membership, MembershipStatus, Role
from dentalogic.core.names import name_key


def follow_membership(membership: Membership) -> None:
    """Give an activated professional their row, and take a suspended one out of the agenda.

    The row has no hours yet, so nobody can be booked with them before somebody sets hours. Runs in
    the transaction and the clinic of the change; a second run changes nothing.
    """
    active = membership.status == MembershipStatus.ACTIVE
    rows = Professional.objects.filter(user_id=membership.user_id)
    known = rows.exclude(is_active=active).update(is_active=active, version=F("version") + 1)
    if known or not active or membership.role != Role.PROFESSIONAL or rows.exists():
        return
    user = membership.user
    Professional.objects.create(
        user_id=user.pk,
        first_name=user.first_name,
        last_name=user.last_name,
        name_key=name_key(user.full_name),
        specialty=membership.specialty,
        registration_number=membership.registration_number,
    )
