"""From what arrived to conversations: the `ingest` sink.

Level-triggered: it drains whatever waits in the clinic's inbox, in the order of arrival. An item
that can't be understood is marked and left behind; its neighbours go on.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from pydantic import ValidationError

from clinics.services.intake import identify_sender
from clinics.tenancy.models import Line
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, RetryLater
from dentalogic.core.tenancy import current_scope
from whatsapp import delivery, envelope, threads
from whatsapp.burst import Patience, extend, is_with_a_person, owe_turn
from whatsapp.models import Author, InboxItem, Message
from whatsapp.payloads import MessageBody, StatusBody

logger = structlog.get_logger(__name__)

BATCH = 50
# Shorter than the lease of the sink, so that nobody else begins while this still runs; and than the
# patience of whoever stops a worker: while messages keep coming, a run would never end by itself.
LONGEST_RUN_SECONDS = 2.0
HELD_ELSEWHERE = timedelta(seconds=1)

# What the content of an item can cause. Anything else is our trouble and is tried again.
CONTENT_ERRORS = (
    ValidationError, DomainError, DataError, ValueError, TypeError, LookupError, AttributeError,
)  # fmt: skip


class UnknownLine(LookupError):
    """The number has been taken from the clinic since the item arrived."""


@dataclass(slots=True)
class _Run:
    """What every item of a run needs of the clinic, read once, and the news to tell at the end."""

    patience: Patience = field(default_factory=Patience.of_clinic)
    lines: dict[tuple[str, str], UUID] = field(default_factory=dict)
    news: list[Callable[[], None]] = field(default_factory=list)

    def line_of(self, item: InboxItem) -> UUID:
        key = (item.provider, item.external_id)
        if key not in self.lines:
            found = Line.objects.filter(
                clinic_id=current_scope().tenant_id,
                provider=item.provider,
                external_id=item.external_id,
            ).first()
            if found is None:
                raise UnknownLine
            self.lines[key] = found.pk
        return self.lines[key]


def ingest() -> None:
    """Understand all that waits. A second run finds nothing left and does nothing."""
    until = time.monotonic() + LONGEST_RUN_SECONDS
    run = _Run()
    while _ingest_batch(run):
        if time.monotonic() > until:
            raise RetryLater(timedelta(0))  # nobody waits long behind a flood
    # Another run, thought dead, may hold what was skipped: if it dies, somebody must still owe it.
    if _waiting().exists():
        raise RetryLater(HELD_ELSEWHERE)


def _waiting() -> QuerySet[InboxItem]:
    return InboxItem.objects.filter(ingested_at=None, failed_at=None)


def _ingest_batch(run: _Run) -> int:
    run.news.clear()
    with transaction.atomic():
        waiting = list(
            _waiting().select_for_update(skip_locked=True).order_by("received_at", "id")[:BATCH]
        )
        for item in waiting:
            _ingest_one(item, run)
        # Last: publication is one row of the clinic, locked until the commit. Taken before the
        # next conversation's lock, it would close a circle with a turn that ends meanwhile.
        for tell in run.news:
            tell()
        run.news.clear()
    return len(waiting)


def _ingest_one(item: InboxItem, run: _Run) -> None:
    try:
        try:
            with transaction.atomic():
                _understand(item, run)
        except IntegrityError:
            # Somebody wrote the same person or thread at this moment: now it is there.
            with transaction.atomic():
                _understand(item, run)
    except (*CONTENT_ERRORS, IntegrityError) as error:
        code = getattr(error, "code", None) or type(error).__name__
        item.failed_at = clock.real_now()
        item.error = str(code)[:80]
        # Where, and not what: the error's text quotes the item.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        logger.error(
            "inbox_item_failed",
            item=str(item.pk),
            kind=item.kind,
            error=item.error,
            place=f"{frame.name}:{frame.lineno}",
        )
    else:
        item.ingested_at = clock.real_now()
    item.save(update_fields=["ingested_at", "failed_at", "error"])


def _understand(item: InboxItem, run: _Run) -> None:
    match item.kind:
        case envelope.MESSAGE:
            _receive(item, run)
        case envelope.STATUS:
            status = StatusBody.model_validate(item.body).status
            code = status.errors[0].code if status.errors else 0
            delivery.report(
                provider_id=status.id,
                message_id=status.biz_opaque_callback_data,
                status=status.status,
                error=f"{item.provider}_{code}" if code else "",
            )
        case _:
            raise ValueError("an item of no known kind")


def _receive(item: InboxItem, run: _Run) -> None:
    """Put a patient's message into its conversation and owe the answer."""
    body = MessageBody.model_validate(item.body)
    message, contact = body.message, body.contact
    line_id = run.line_of(item)
    sender = message.sender or message.sender_user_id
    identity = identify_sender(
        raw_id=sender,
        phone=message.sender or None,
        send_to=sender,
        profile_name=contact.name,
        bsuid=message.sender_user_id,
    )
    conversation = threads.open_conversation(identity, line_id)
    if Message.objects.filter(conversation=conversation, provider_id=message.id).exists():
        return
    if conversation.last_inbound_at is None:
        # The number it comes from is a fact about the person, known from this conversation on.
        identify_sender(
            raw_id=sender,
            phone=message.sender or None,
            send_to=sender,
            conversation_hint=conversation.pk,
        )
    Message.objects.create(
        conversation=conversation,
        position=threads.next_position(conversation),
        author=Author.PATIENT,
        kind=message.type[:12],
        text=message.text,
        provider_id=message.id,
        sent_at=message.sent_at,
    )
    # Red flags are read here, on every message and before any model: emergencies wait for nobody.
    conversation.last_inbound_at = item.received_at
    conversation.last_message_at = clock.real_now()
    conversation.unread += 1
    if message.owes_answer and not is_with_a_person(conversation):
        extend(conversation, run.patience)
        owe_turn(conversation)
    conversation.save(
        update_fields=[
            "last_inbound_at", "last_message_at", "unread", "burst_began_at", "answer_due_at",
        ]
    )  # fmt: skip
    run.news.append(
        partial(
            threads.announce,
            conversation,
            author=Author.PATIENT,
            kind=message.type[:12],
            at=message.sent_at,
        )
    )
