"""Registration, activation, suspension: who gets in, decided by a CEO of that clinic alone."""

from __future__ import annotations

from uuid import UUID

import redis
import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from clinics.tenancy import sessions, tokens
from clinics.tenancy.errors import CeoNotRequestable, LinkUsed
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, Role, User
from dentalogic.core.clock import real_now
from dentalogic.core.errors import DomainError, NotFound
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import clinic_scope

logger = structlog.get_logger(__name__)

LINK_SALT = "dentalogic.activation"
LINK_DAYS = 7


class OwnAccount(DomainError):
    """Nobody locks themselves out: a clinic must keep somebody who can activate."""

    code = "own_account"
    message = "No podés suspender tu propia cuenta."


def register(
    *,
    clinic: Clinic,
    email: str,
    password: str,
    first_name: str,
    last_name: str,
    role: str,
    specialty: str = "",
    registration_number: str = "",
    phone: str = "",
) -> None:
    """Ask for a place in a clinic. Says nothing about whether the e-mail was known.

    A known e-mail with its right password asks for one more clinic; with a wrong one nothing
    happens. Either way one password is hashed, so that the time tells nothing.
    """
    if role == Role.CEO:
        raise CeoNotRequestable
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is not None and not user.check_password(password):
        return
    try:
        with transaction.atomic(), clinic_scope(clinic):
            if user is None:
                user = User(
                    email=email.strip().lower(),
                    first_name=first_name,
                    last_name=last_name,
                    phone=phone,
                    password=make_password(password),
                )
                user.save(force_insert=True)
            membership = Membership.objects.create(
                user=user,
                clinic=clinic,
                role=role,
                specialty=specialty,
                registration_number=registration_number,
            )
            emit("registration.pending", membership_id=str(membership.pk))
    except IntegrityError:
        # Registered meanwhile, or a member already: the same answer.
        return


def activate(*, clinic_id: UUID, membership_id: UUID, by: UUID | None) -> Membership:
    """Let a member in. Twice is harmless; another clinic's member is `NotFound`."""
    with transaction.atomic():
        membership = _locked(clinic_id, membership_id)
        if membership.status == MembershipStatus.ACTIVE:
            return membership
        membership.status = MembershipStatus.ACTIVE
        membership.activated_at = real_now()
        membership.activated_by = by
        membership.save(update_fields=["status", "activated_at", "activated_by"])
        _tell(membership)
    logger.info("membership_activated", membership=str(membership.pk), by=str(by))
    return membership


def suspend(*, clinic_id: UUID, membership_id: UUID, by: UUID) -> Membership:
    """Shut a member out at once: tokens, sessions, sockets. Twice is harmless."""
    with transaction.atomic():
        membership = _locked(clinic_id, membership_id)
        if membership.user_id == by:
            raise OwnAccount
        if membership.status == MembershipStatus.SUSPENDED:
            return membership
        membership.status = MembershipStatus.SUSPENDED
        membership.suspended_at = real_now()
        membership.suspended_by = by
        membership.save(update_fields=["status", "suspended_at", "suspended_by"])
        tokens.end_families_of(membership.pk)
        _tell(membership)
        user_id = membership.user_id
        transaction.on_commit(lambda: announce_suspension(user_id), robust=True)
        transaction.on_commit(lambda: sessions.end_sessions(user_id, clinic_id), robust=True)
    logger.info("membership_suspended", membership=str(membership.pk), by=str(by))
    return membership


def _locked(clinic_id: UUID, membership_id: UUID) -> Membership:
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "clinic")
        .filter(pk=membership_id, clinic_id=clinic_id)
        .first()
    )
    if membership is None:
        raise NotFound
    return membership


def _tell(membership: Membership) -> None:
    """Let the clinic's own tables follow. By a name in the settings: they lie above this app."""
    with clinic_scope(membership.clinic):
        import_string(settings.ON_MEMBERSHIP_CHANGE)(membership)


def enable(*, user_id: UUID, enabled: bool, by: UUID | None) -> User:
    """Turn the operator's global switch: off, a person is out of every clinic at once.

    Turned on again, what ended stays ended. Twice is harmless. `by` is None for the command line.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise NotFound
        if user.pk == by:
            raise OwnAccount
        if user.is_active == enabled:
            return user
        user.is_active = enabled
        user.save(update_fields=["is_active"])
        if not enabled:
            tokens.end_families_of_user(user.pk)
            transaction.on_commit(lambda: announce_suspension(user_id), robust=True)
            transaction.on_commit(lambda: sessions.end_sessions(user_id), robust=True)
    logger.info("user_enabled" if enabled else "user_disabled", user=str(user.pk), by=str(by))
    return user


def announce_suspension(user_id: UUID) -> None:
    """Let the user's sockets look whether they may stay.

    A hint: each socket also asks the database now and then.
    """
    layer = get_channel_layer()
    if layer is None:
        return
    message = {"type": "membership.suspended"}
    try:
        async_to_sync(layer.group_send)(f"user.{user_id.hex}", message)
    except (redis.RedisError, OSError) as error:
        logger.warning("suspension_unannounced", error=type(error).__name__)


def activation_token(membership: Membership) -> str:
    """Sign what a CEO's mail links to. Good for one activation, for seven days."""
    return signing.dumps({"membership": str(membership.pk)}, salt=LINK_SALT)


def activation_link(membership: Membership) -> str:
    return f"{settings.PUBLIC_URL}/admin/activation/{activation_token(membership)}/"


def pending_behind(token: str, clinic_id: UUID) -> Membership:
    """Return the pending member that a link is about, or raise `LinkUsed`.

    The link is used up by the activation. It lets nobody in: the caller has made sure of a CEO.
    """
    try:
        claims = signing.loads(token, salt=LINK_SALT, max_age=LINK_DAYS * 24 * 3600)
        membership_id = UUID(claims["membership"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        raise LinkUsed from None
    membership = (
        Membership.objects.select_related("user")
        .filter(pk=membership_id, clinic_id=clinic_id, status=MembershipStatus.PENDING)
        .filter(activated_at=None)
        .first()
    )
    if membership is None:
        raise LinkUsed
    return membership
