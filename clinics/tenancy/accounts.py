"""Logging in: the password first, then whether and where the person may work."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from clinics.tenancy import otp, pauses
from clinics.tenancy.errors import (
    AccountPending,
    AccountSuspended,
    NoMembership,
    OtpRequired,
    WrongCredentials,
)
from clinics.tenancy.models import Membership, MembershipStatus, User
from dentalogic.core.passwords import TooBusy


def prove(*, email: str, password: str, address: str, code: str = "") -> User:
    """Return the user who shows their password, and the code of their second step if it is on.

    Raises `TooManyAttempts` (before looking at anything), `WrongCredentials`, and after the right
    password `AccountSuspended`, `OtpRequired` or `OtpWrong`.
    """
    attempt = pauses.begin(email=email, address=address)
    try:
        user = check_credentials(email, password)
        if otp.is_on(user.pk):
            if not code.strip():
                raise OtpRequired
            otp.check(user_id=user.pk, code=code)
    except (TooBusy, AccountSuspended, OtpRequired):
        # Not a guess; but no proof either: whoever guesses codes can't start over by this.
        attempt.did_not_count()
        raise
    attempt.succeeded()
    return user


def prove_code(*, user: User, code: str, address: str) -> None:
    """Take the second step of a log-in whose first one was taken; raises like `prove`."""
    attempt = pauses.begin(email=user.email, address=address)
    otp.check(user_id=user.pk, code=code)
    attempt.succeeded()


def prove_again(*, user: User, password: str, address: str) -> bool:
    """Whether somebody who is in knows the password: before what a stolen session must not do."""
    attempt = pauses.begin(email=user.email, address=address)
    if not user.check_password(password):
        return False
    attempt.succeeded()
    return True


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
