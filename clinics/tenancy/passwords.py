"""Passwords: set, changed, forgotten. Each new one ends the log-ins of the old one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.http import urlsafe_base64_decode

from clinics.tenancy import accounts, pauses, tokens
from clinics.tenancy.errors import LinkUsed
from clinics.tenancy.gatekeeper import announce_suspension
from clinics.tenancy.models import Clinic, User
from dentalogic.core.clock import real_now
from dentalogic.core.errors import Invalid
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import clinic_scope

logger = structlog.get_logger(__name__)

WRONG_PASSWORD = "La contraseña actual no es correcta."  # noqa: S105  # a sentence
# Longer than asking takes for an account that exists.
ANSWER_SECONDS = 0.15


def ask_for_link(email: str) -> None:
    """Owe the account a link by mail, if it exists and works in a clinic; says nothing either way.

    Takes as long for an e-mail that nobody has. Who asks on and on gets the first few alone.
    """
    with _unhurried():
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        clinic = _clinic_of(user)
        if not pauses.may_mail(email) or user is None or clinic is None:
            return
        with transaction.atomic(), clinic_scope(clinic):
            emit(
                "password.asked",
                key=str(user.pk),
                user_id=str(user.pk),
                asked_at=real_now().isoformat(),
            )


def user_behind(uid: str) -> User | None:
    """Return whose link it is; the token says whether it is good."""
    try:
        user_id = UUID(urlsafe_base64_decode(uid).decode())
    except ValueError:
        return None
    return User.objects.filter(pk=user_id, is_active=True).first()


def set_by_link(*, uid: str, token: str, password: str) -> User:
    """Set the password that a mailed link is for. The link is used up by it, and logs nobody in.

    Raises `LinkUsed`, and `Invalid` for a password that is too weak.
    """
    user = user_behind(uid)
    if user is None or not default_token_generator.check_token(user, token):
        raise LinkUsed
    validate(password, user, field="password")
    hashed = make_password(password)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        # Asked again under the lock: of two that come with one link, one sets a password.
        if not default_token_generator.check_token(locked, token):
            raise LinkUsed
        _store(locked, hashed)
    return locked


def change(
    *,
    user: User,
    current: str,
    new: str,
    address: str,
    keep_family: UUID | None = None,
) -> None:
    """Change the password of who knows the present one; all their other log-ins end.

    Raises `Invalid` by field, and `TooManyAttempts` while a pause of the account runs.
    """
    if not accounts.prove_again(user=user, password=current, address=address):
        raise Invalid({"current_password": [WRONG_PASSWORD]})
    validate(new, user, field="new_password")
    hashed = make_password(new)
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        _store(locked, hashed, keep_family=keep_family)
        clinic = _clinic_of(locked)
        if clinic is not None:
            with clinic_scope(clinic):
                emit("password.changed", key=str(user.pk), user_id=str(user.pk))
    # The session of a page goes on by the new hash.
    user.password = hashed


def validate(password: str, user: User, *, field: str) -> None:
    """Raise `Invalid` for a password that is too short, too common or the person's own name."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid({field: error.messages}) from None


def _store(user: User, hashed: str, *, keep_family: UUID | None = None) -> None:
    user.password = hashed
    user.save(update_fields=["password"])
    tokens.end_families_of_user(user.pk, keep=keep_family)
    pauses.forgive(user.email)
    # Sessions carry a digest of the password and end by themselves; sockets have to be told.
    transaction.on_commit(lambda: announce_suspension(user.pk), robust=True)
    logger.info("password_set", user=str(user.pk))


def _clinic_of(user: User | None) -> Clinic | None:
    """Return a clinic whose outbox carries the user's mail: the last one used, or any."""
    if user is None:
        return None
    clinics = [one.clinic for one in accounts.memberships_of(user)]
    last = [one for one in clinics if one.pk == user.last_clinic_id]
    return next(iter([*last, *clinics]), None)


@contextmanager
def _unhurried() -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, ANSWER_SECONDS - (time.monotonic() - began)))
