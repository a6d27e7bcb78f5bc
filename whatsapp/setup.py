"""The WhatsApp line of a new clinic: how it stands, and a test message to the CEO's own phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from clinics.tenancy.models import Clinic, Line, User
from dentalogic.core.errors import DomainError
from dentalogic.core.tenancy import current_scope
from whatsapp import threads
from whatsapp.models import Author, Conversation, DeliveryStatus, Message
from whatsapp.outbound import is_window_open

ARRIVED = frozenset({DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ})


class WriteFirst(DomainError):
    """WhatsApp lets a business write freely only to who wrote to it within 24 hours."""

    code = "write_first"
    message = "WhatsApp pide que escribas vos primero."


@dataclass(frozen=True, slots=True)
class LineState:
    """What the tables say of a clinic's lines, and of the last message to one person."""

    lines: tuple[str, ...]
    last_inbound_at: datetime | None
    phone: str
    last_status: str | None


def line_state(user_id: UUID) -> LineState:
    """Return how the clinic's lines stand for a member of the staff, in four statements."""
    lines = dict(
        Line.objects.filter(clinic_id=current_scope().tenant_id, is_active=True)
        .order_by("created_at")
        .values_list("pk", "phone")
    )
    phone = User.objects.values_list("phone", flat=True).get(pk=user_id)
    heard = (
        Conversation.objects.filter(line_id__in=lines, last_inbound_at__isnull=False)
        .order_by("-last_message_at")
        .values_list("last_inbound_at", flat=True)
        .first()
    )
    status = None
    if phone:
        status = (
            Message.objects.filter(
                conversation__identity__phone=phone, conversation__line_id__in=lines
            )
            .exclude(author=Author.PATIENT)
            .order_by("-created_at")
            .values_list("status", flat=True)
            .first()
        )
    return LineState(tuple(lines.values()), heard, phone, status)


def send_test(*, user_id: UUID) -> Message:
    """Queue a message to the member's own phone, in the thread that they opened themselves.

    Raises `WriteFirst` where there is none, or it has been silent for 24 hours.
    """
    phone = User.objects.values_list("phone", flat=True).get(pk=user_id)
    lines = dict(
        Line.objects.filter(clinic_id=current_scope().tenant_id, is_active=True).values_list(
            "pk", "phone"
        )
    )
    if not lines:
        raise DomainError(_("La clínica no tiene una línea de WhatsApp."))
    if not phone:
        raise DomainError(_("Primero anotá tu teléfono."))
    with transaction.atomic():
        latest = (
            Conversation.objects.filter(
                identity__phone=phone, line_id__in=lines, last_inbound_at__isnull=False
            )
            .order_by("-last_inbound_at", "id")
            .first()
        )
        if latest is not None:
            latest = Conversation.objects.for_update().get(pk=latest.pk)
        if latest is None or not is_window_open(latest):
            raise WriteFirst(
                _("Mandá un «hola» desde %(own)s a %(line)s y volvé a probar: WhatsApp lo pide.")
                % {"own": phone, "line": next(iter(lines.values()))}
            )
        clinic = Clinic.objects.only("name").get(pk=current_scope().tenant_id)
        said = _("Mensaje de prueba de %(clinic)s: la línea funciona.") % {"clinic": clinic.name}
        message = threads.add_outgoing(latest, said, author=Author.STAFF)
        latest.save(update_fields=["last_message_at"])
    return message
