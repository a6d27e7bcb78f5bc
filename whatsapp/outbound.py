"""Sending what is queued: the `whatsapp` sink.

A message is claimed by one conditional UPDATE and sent in its turn. Between the provider's
acceptance and our record of it stands `maybe_sent`: settled by the provider's report, repeated only
if none comes within a minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from clinics.tenancy.models import Line
from dentalogic.core import clock
from dentalogic.core.errors import RetryLater
from dentalogic.core.tenancy import current_scope
from whatsapp.delivery import UNDERWAY, move
from whatsapp.models import Conversation, DeliveryStatus, Message
from whatsapp.providers import sender_of
from whatsapp.providers.outcomes import MaybeSent, NotSent, Refused

logger = structlog.get_logger(__name__)

WINDOW = timedelta(hours=24)
REPORT_WITHIN = timedelta(minutes=1)
# A worker that has not come back by then is dead: its request can't be running any more.
SENDING_AT_MOST = timedelta(seconds=25)
# Only a fallback: whoever settles a message wakes the one behind it.
WAIT_FOR_EARLIER = timedelta(seconds=5)
MOST_REPEATS = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)


def send(message_id: str) -> None:
    """Send one message. A second run finds it sent, settled or somebody else's."""
    message = _claim(UUID(message_id))
    if message is None:
        return
    if not is_window_open(message.conversation):
        _settle(message, DeliveryStatus.FAILED, error="outside_window")
        return
    line = Line.objects.filter(
        pk=message.conversation.line_id, clinic_id=current_scope().tenant_id, is_active=True
    ).first()
    if line is None:
        _settle(message, DeliveryStatus.FAILED, error="no_line")
        return
    _send(message, line)


def is_window_open(conversation: Conversation) -> bool:
    """Whether the patient wrote within 24 hours; beyond that only templates may be sent."""
    last = conversation.last_inbound_at
    return last is not None and clock.real_now() - last < WINDOW


def _send(message: Message, line: Line) -> None:
    try:
        provider_id = sender_of(line)(
            line,
            to=message.conversation.identity.send_to,
            text=message.text,
            reference=str(message.pk),
        )
    except Refused as refused:
        logger.error("message_refused", message=str(message.pk), code=refused.code)
        _settle(message, DeliveryStatus.FAILED, error=f"{line.provider}_{refused.code}")
    except NotSent as not_sent:
        _leave(message, DeliveryStatus.QUEUED)
        raise RetryLater(not_sent.after or _pause(message.attempts)) from None
    except MaybeSent:
        logger.warning("message_maybe_sent", message=str(message.pk))
        _leave(message, DeliveryStatus.MAYBE_SENT)
        raise RetryLater(REPORT_WITHIN) from None
    else:
        _settle(message, DeliveryStatus.SENT, provider_id=provider_id)


def _claim(message_id: UUID) -> Message | None:
    """Take a message that may be sent now; None when there is nothing to do.

    Raises `RetryLater` while an earlier one is on its way, or this one's fate is open.
    """
    now = clock.real_now()
    message = Message.objects.filter(pk=message_id).first()
    if message is None or message.status not in UNDERWAY:
        return None
    if message.status != DeliveryStatus.QUEUED and not _is_given_back(message, now):
        return None
    earlier = Message.objects.filter(
        conversation=OuterRef("conversation"),
        position__lt=OuterRef("position"),
        status__in=UNDERWAY,
    )
    taken = Message.objects.filter(
        ~Exists(earlier), pk=message_id, status=DeliveryStatus.QUEUED
    ).update(status=DeliveryStatus.SENDING, attempts=F("attempts") + 1, attempted_at=now)
    if not taken:
        raise RetryLater(WAIT_FOR_EARLIER)
    return Message.objects.select_related("conversation__identity").get(pk=message_id)


def _is_given_back(message: Message, now: datetime) -> bool:
    """Put a message whose fate nobody reported into the queue again, when it is time.

    Raises `RetryLater` before that. One that stayed without a report too often fails.
    """
    tried_at = message.attempted_at or message.created_at
    if message.status == DeliveryStatus.SENDING:
        if now < tried_at + SENDING_AT_MOST:
            raise RetryLater(tried_at + SENDING_AT_MOST - now)
        # The worker died between the request and our record: only a report can tell.
        _leave(message, DeliveryStatus.MAYBE_SENT)
    if now < tried_at + REPORT_WITHIN:
        raise RetryLater(tried_at + REPORT_WITHIN - now)
    if message.attempts >= MOST_REPEATS:
        _settle(message, DeliveryStatus.FAILED, error="no_report")
        return False
    return _change(message, DeliveryStatus.MAYBE_SENT, DeliveryStatus.QUEUED)


def _leave(message: Message, status: DeliveryStatus) -> None:
    """Note how an attempt ended, unless a report was faster."""
    _change(message, DeliveryStatus.SENDING, status)


def _change(message: Message, from_: DeliveryStatus, to: DeliveryStatus) -> bool:
    rows = Message.objects.filter(pk=message.pk, status=from_, attempts=message.attempts)
    return bool(rows.update(status=to))


def _settle(
    message: Message, to: DeliveryStatus, *, provider_id: str | None = None, error: str = ""
) -> None:
    """Record the end of an attempt; a report that was faster stands, and keeps its state."""
    with transaction.atomic():
        locked = Message.objects.for_update().get(pk=message.pk)
        move(locked, to, provider_id=provider_id, error=error)


def _pause(attempts: int) -> timedelta:
    doublings: int = 2 ** min(max(attempts - 1, 0), 20)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)
