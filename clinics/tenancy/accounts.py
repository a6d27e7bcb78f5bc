"""Logging in: the password first, then whether and where the person may work."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from clinics.tenancy.errors import (
    AccountPending,
    AccountSuspended,
    NoMembership,
    WrongCredentials,
)
from clinics.tenancy.models import Membership, MembershipStatus, User


def check_credentials(email: str, password: str) -> User:
    """Return the user who has this password. Takes as long for an e-mail that nobody has."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        make_password(password)
        raise WrongCredentials
    if not user.check_password(password):
        raise WrongCredentials
    if not user.is_active:
        raise AccountSuspended
    return user


def memberships_of(user: User) -> list[Membership]:
    """Return the user's memberships in open clinics, by the clinic's name."""
    return list(
        Membership.objects.select_related("clinic")
        .filter(user=user, clinic__is_active=True)
        .order_by("clinic__name", "id")
    )


def choose_membership(
    user: User, memberships: list[Membership], *, schema: str | None = None
) -> Membership:
    """Return the active membership to work in: the clinic asked for, or the last one used.

    A clinic that the user is no member of is `WrongCredentials`: it is not disclosed.
    """
    if schema:
        asked = [one for one in memberships if one.clinic.schema_name == schema]
        if not asked:
            raise WrongCredentials
        return _active(asked)
    if not memberships:
        raise NoMembership
    last = [one for one in memberships if one.clinic_id == user.last_clinic_id]
    return _active([*last, *memberships])


def _active(memberships: list[Membership]) -> Membership:
    for membership in memberships:
        if membership.status == MembershipStatus.ACTIVE:
            return membership
    if any(one.status == MembershipStatus.PENDING for one in memberships):
        raise AccountPending
    raise AccountSuspended
