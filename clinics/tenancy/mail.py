"""Mail of the gatekeeper, and Protocol Omega for when there is no mail server."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from clinics.tenancy.gatekeeper import LINK_DAYS, activation_link
from clinics.tenancy.models import Clinic, Membership, MembershipStatus, Role, User
from dentalogic.core.clock import real_now
from dentalogic.core.errors import DependencyAway

logger = structlog.get_logger(__name__)
# The one log that names a person: without it nobody could be let in while mail is down.
omega = logging.getLogger("dentalogic.omega")

_REQUEST = """\
{name} ({email}) pidió ingresar a {clinic} como {role}.

Para activar la cuenta, ingresá como dirección y confirmá en este enlace, que vale una sola vez
y hasta el {expires}:

{link}

Si no conocés a esta persona, no hagas nada.
"""
_RESET = """\
Alguien pidió una contraseña nueva para tu cuenta de Dentalogic.

Si fuiste vos, elegila en este enlace, que vale una sola vez:

{link}

Si no fuiste vos, no hagas nada: tu contraseña sigue siendo la misma.
"""
_CHANGED = """\
La contraseña de tu cuenta de Dentalogic cambió, y tus otras sesiones se cerraron.

Si no fuiste vos, pedí una nueva en {link} y avisá a la dirección de tu clínica.
"""
# A link that was asked for is of no use to anybody a day later.
RESET_OWED = timedelta(days=1)
_WELCOME = """\
{clinic} ya está lista en Dentalogic y sos su dirección.

Elegí tu contraseña en este enlace, que vale una sola vez:

{link}
"""


def notify_ceos(membership_id: str) -> None:
    """Tell the CEOs of the clinic that somebody waits. Once told, or decided, does nothing.

    While the mail server is away the request goes to the emergency log, once, and the mail stays
    owed.
    """
    membership = (
        Membership.objects.select_related("user", "clinic").filter(pk=UUID(membership_id)).first()
    )
    if membership is None or membership.status != MembershipStatus.PENDING:
        return
    if membership.ceos_told_at is not None:
        return
    link = activation_link(membership)
    expires = real_now() + timedelta(days=LINK_DAYS)
    message = EmailMessage(
        subject=_one_line(f"Pedido de ingreso a {membership.clinic.name}"),
        body=_REQUEST.format(
            name=_one_line(membership.user.full_name),
            email=membership.user.email,
            clinic=_one_line(membership.clinic.name),
            role=membership.get_role_display(),
            expires=f"{expires:%d/%m/%Y %H:%M} UTC",
            link=link,
        ),
        to=ceo_addresses(membership.clinic),
    )
    try:
        if not message.to:
            raise OSError("no CEO to write to")
        message.send()
    except OSError as error:  # smtplib's errors are among them
        _sound_omega(membership, link=link, expires=expires, error=error)
        raise DependencyAway from error
    Membership.objects.filter(pk=membership.pk).update(ceos_told_at=real_now())


def send_reset_link(user_id: str, asked_at: str) -> None:
    """Mail the link by which a person sets a new password. After a day it is owed no more."""
    user = User.objects.filter(pk=UUID(user_id), is_active=True).first()
    if user is None or datetime.fromisoformat(asked_at) < real_now() - RESET_OWED:
        return
    _send(user, "Tu contraseña de Dentalogic", _RESET.format(link=password_link(user)))


def tell_of_new_password(user_id: str) -> None:
    """Tell a person that their password changed. A second run tells them twice."""
    user = User.objects.filter(pk=UUID(user_id)).first()
    if user is not None:
        link = f"{settings.PUBLIC_URL}/password/forgot/"
        _send(user, "Tu contraseña de Dentalogic cambió", _CHANGED.format(link=link))


def _send(user: User, subject: str, body: str) -> None:
    try:
        EmailMessage(subject=subject, body=body, to=[user.email]).send()
    except OSError as error:
        raise DependencyAway from error


def _one_line(text: str) -> str:
    """Keep what somebody typed from adding lines to a header, a log or the words around it."""
    return " ".join(text.split())


def ceo_addresses(clinic: Clinic) -> list[str]:
    return list(
        User.objects.filter(
            is_active=True,
            memberships__clinic=clinic,
            memberships__role=Role.CEO,
            memberships__status=MembershipStatus.ACTIVE,
        )
        .order_by("email")
        .values_list("email", flat=True)
    )


def waiting_unannounced() -> QuerySet[Membership]:
    """Return who waits while no mail could tell the CEOs: for the operator, the oldest first."""
    return (
        Membership.objects.select_related("user", "clinic")
        .filter(
            status=MembershipStatus.PENDING,
            activated_at=None,
            omega_at__isnull=False,
            ceos_told_at=None,
        )
        .order_by("requested_at", "pk")
    )


def _sound_omega(membership: Membership, *, link: str, expires: datetime, error: OSError) -> None:
    """Write the one line by which the operator can pass the request on by other means.

    The line and its mark stand or fall together: what could not be written is tried again with the
    mail. A process that dies between both writes the line twice.
    """
    marks = Membership.objects.filter(pk=membership.pk, omega_at=None)
    try:
        with transaction.atomic():
            if not marks.update(omega_at=real_now()):
                return
            omega.critical(
                "PROTOCOL OMEGA user=%s name=%s email=%s clinic=%s role=%s link=%s expires=%s",
                membership.user_id,
                json.dumps(_one_line(membership.user.full_name), ensure_ascii=False),
                membership.user.email,
                membership.clinic.schema_name,
                membership.role,
                link,
                expires.isoformat(timespec="seconds"),
            )
    except OSError as unwritten:
        # The list of the operator is the other place.
        marks.update(omega_at=real_now())
        logger.error("omega_unwritten", error=type(unwritten).__name__)
    logger.error("omega", membership=str(membership.pk), error=type(error).__name__)


def password_link(user: User) -> str:
    """Make a link by which the user sets their password, once, within three days."""
    uid = urlsafe_base64_encode(force_bytes(str(user.pk)))
    return f"{settings.PUBLIC_URL}/password/{uid}/{default_token_generator.make_token(user)}/"


def welcome_ceo(user: User, clinic: Clinic, link: str) -> bool:
    """Mail the first CEO their link; whether the mail server took it."""
    message = EmailMessage(
        subject=_one_line(f"{clinic.name} en Dentalogic"),
        body=_WELCOME.format(clinic=clinic.name, link=link),
        to=[user.email],
    )
    try:
        message.send()
    except OSError as error:
        logger.warning("welcome_unsent", user=str(user.pk), error=type(error).__name__)
        return False
    return True
