"""Telling patients that their time can't be kept: a sink of `move.told`."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clinics.models import EventType, MoveRequest
from clinics.services.events import record_event
from clinics.services.moves import lock_untold, mark_told, speakers_for
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import current_scope
from whatsapp import threads
from whatsapp.models import Author, Conversation
from whatsapp.outbound import is_window_open

logger = structlog.get_logger(__name__)

NOT_TOLD = "move_not_told"


def tell(move_request_id: str) -> None:
    """Write to the patient, or to whoever speaks for them, that the time can't be kept.

    A second run finds them told, or the matter settled, and does nothing. Where nobody may be
    written to (no conversation, or more than 24 hours of silence) the staff are told instead.
    """
    with transaction.atomic():
        request = lock_untold(UUID(move_request_id))
        if request is None:
            return
        conversation = _conversation_of(request)
        if conversation is None or not is_window_open(conversation):
            logger.info("move_not_told", move_request=move_request_id)
            record_event(EventType.HUMAN_HANDOFF, _unsaid(request, conversation))
            return
        mark_told(request_id=request.pk)
        # Staff had it sent: the agent reads it as theirs when the patient answers.
        threads.add_outgoing(conversation, text_for(request, conversation), author=Author.STAFF)
        conversation.save(update_fields=["last_message_at"])


def text_for(request: MoveRequest, conversation: Conversation) -> str:
    """Say which time can't be kept, without a reason, and ask for an answer."""
    appointment = request.appointment
    reader = conversation.identity.patient
    clinic = Clinic.objects.only("name").get(pk=current_scope().tenant_id)
    at = appointment.starts_at.astimezone(ZoneInfo(current_scope().timezone))
    with translation.override(conversation.language or settings.LANGUAGE_CODE):
        own = reader.pk == appointment.patient_id
        sentence = (
            _("{hello} Te escribimos de {clinic}: no vamos a poder mantener tu turno del {when}.")
            if own
            else _(
                "{hello} Te escribimos de {clinic}: no vamos a poder mantener el turno de"
                " {patient} del {when}."
            )
        )
        when = _("{day} a las {hour} con {professional}").format(
            day=date_format(at, "l j \\d\\e F"),
            hour=f"{at:%H:%M}",
            professional=appointment.professional.display_name,
        )
        hello = (
            _("Hola {name}.").format(name=reader.first_name) if reader.first_name else _("Hola.")
        )
        said = sentence.format(
            hello=hello,
            clinic=clinic.name,
            patient=appointment.patient.display_name,
            when=when,
        )
        asked = _("Respondé a este mensaje y elegimos juntos otro horario. Disculpá la molestia.")
        return f"{said} {asked}"


def _conversation_of(request: MoveRequest) -> Conversation | None:
    """Return the thread in which the patient, or a guardian, wrote last; locked."""
    if request.appointment.patient_id is None:
        return None
    speakers = speakers_for(request.appointment.patient_id)
    latest = (
        Conversation.objects.filter(identity__in=speakers, last_inbound_at__isnull=False)
        .order_by("-last_inbound_at", "id")
        .first()
    )
    if latest is None:
        return None
    return (
        Conversation.objects.for_update()
        .select_related("identity__patient")
        .filter(pk=latest.pk)
        .first()
    )


def _unsaid(request: MoveRequest, conversation: Conversation | None) -> dict[str, Any]:
    return {
        "conversation_id": None if conversation is None else str(conversation.pk),
        "reason": NOT_TOLD,
        "move_request_id": str(request.pk),
        "appointment_id": str(request.appointment_id),
    }
