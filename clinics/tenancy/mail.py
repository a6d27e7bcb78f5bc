"""Mail of the gatekeeper, and Protocol Omega for when there is no mail server."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
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
        subject=f"Pedido de ingreso a {membership.clinic.name}".replace("\n", " "),
        body=_REQUEST.format(
            name=membership.user.full_name,
            email=membership.user.email,
            clinic=membership.clinic.name,
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
        _sound_omega(membership, link=link, expires=f"{expires.isoformat()}", error=error)
        raise DependencyAway from error
    Membership.objects.filter(pk=membership.pk).update(ceos_told_at=real_now())


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


def _sound_omega(membership: Membership, *, link: str, expires: str, error: OSError) -> None:
    """Write the one line by which the operator can pass the request on by other means."""
    first = Membership.objects.filter(pk=membership.pk, omega_at=None).update(omega_at=real_now())
    if not first:
        return
    omega.critical(
        "PROTOCOL OMEGA user=%s email=%s clinic=%s role=%s link=%s expires=%s",
        membership.user_id,
        membership.user.email,
        membership.clinic.schema_name,
        membership.role,
        link,
        expires,
    )
    logger.error("omega", membership=str(membership.pk), error=type(error).__name__)


def password_link(user: User) -> str:
    """Make a link by which the user sets their password, once, within three days."""
    uid = urlsafe_base64_encode(force_bytes(str(user.pk)))
    return f"{settings.PUBLIC_URL}/password/{uid}/{default_token_generator.make_token(user)}/"


def welcome_ceo(user: User, clinic: Clinic, link: str) -> bool:
    """Mail the first CEO their link; whether the mail server took it."""
    message = EmailMessage(
        subject=f"{clinic.name} en Dentalogic".replace("\n", " "),
        body=_WELCOME.format(clinic=clinic.name, link=link),
        to=[user.email],
    )
    try:
        message.send()
    except OSError as error:
        logger.warning("welcome_unsent", user=str(user.pk), error=type(error).__name__)
        return False
    return True
