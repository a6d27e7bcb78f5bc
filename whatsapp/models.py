"""The channel's tables: what arrived, the conversations, and every message both ways."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinics.models import ChannelIdentity
from dentalogic.core.clock import real_now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class InboxItem(TenantModel):
    """One item of a webhook as it arrived: stored before it is acknowledged, understood later.

    A row per message or status, so that a poisoned one never blocks its neighbours.
    """

    provider = models.CharField(max_length=10)
    # The business number's id at the provider.
    external_id = models.CharField(max_length=40)
    # The provider's id of the item, unique with provider and number: the wall behind the cache.
    item_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=12)
    body = models.JSONField()
    received_at = models.DateTimeField(default=real_now)
    ingested_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=80, blank=True, default="")

    class Meta(TenantModel.Meta):
        db_table = "inbox_items"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "external_id", "item_id"], name="inbox_item_once"
            )
        ]
        indexes = [
            # What ingestion reads, in the order of arrival.
            models.Index(
                fields=["received_at", "id"],
                name="inbox_waiting",
                condition=Q(ingested_at=None, failed_at=None),
            )
        ]


class Conversation(TenantModel):
    """A patient's thread on one business number, with the burst and the turn as columns.

    `answer_due_at` is the deadline of the burst. A turn is taken by one conditional UPDATE that
    raises `turn_no`, the fencing number: who holds an older one can't write any more.
    """

    identity = TenantForeignKey(ChannelIdentity, models.PROTECT, related_name="conversations")
    # The line's row in `public`, without a foreign key across schemas.
    line_id = models.UUIDField()
    language = models.CharField(max_length=5, blank=True, default="")
    last_inbound_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)
    burst_began_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)
    turn_no = models.BigIntegerField(default=0)
    turn_leased_until = models.DateTimeField(null=True)
    # The turn that was begun and not finished yet: its number in the agent's journal, and the
    # position of the last message it answers. Whoever takes the lease next finishes this one.
    open_turn_no = models.BigIntegerField(null=True)
    open_turn_upto = models.BigIntegerField(null=True)
    # Until then a person answers and the agent is silent.
    human_until = models.DateTimeField(null=True)
    handoff_reason = models.CharField(max_length=200, blank=True, default="")
    failures = models.IntegerField(default=0)
    unread = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "conversations"
        constraints = [
            models.UniqueConstraint(fields=["identity", "line_id"], name="conversation_once"),
            models.CheckConstraint(
                name="conversation_burst_whole",
                condition=Q(burst_began_at=None, answer_due_at=None)
                | Q(burst_began_at__isnull=False, answer_due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="conversation_open_turn_whole",
                condition=Q(open_turn_no=None, open_turn_upto=None)
                | Q(open_turn_no__isnull=False, open_turn_upto__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["last_message_at"], name="conversation_recent")]


class Author(models.TextChoices):
    PATIENT = "patient", "Paciente"
    AGENT = "agent", "Asistente"
    STAFF = "staff", "Equipo"


class DeliveryStatus(models.TextChoices):
    """Outgoing only, in the order in which they may move; `failed` and `dropped` are ends."""

    QUEUED = "queued", "En cola"
    SENDING = "sending", "Enviando"
    MAYBE_SENT = "maybe_sent", "Quizá enviado"
    SENT = "sent", "Enviado"
    DELIVERED = "delivered", "Entregado"
    READ = "read", "Leído"
    FAILED = "failed", "Falló"
    DROPPED = "dropped", "Descartado"


class Message(TenantModel):
    """One message of a conversation, either way. `position` is its order inside it."""

    conversation = TenantForeignKey(Conversation, models.PROTECT, related_name="messages")
    position = models.BigIntegerField()
    author = models.CharField(max_length=8, choices=Author)
    kind = models.CharField(max_length=12, default="text")
    text = models.TextField(blank=True, default="")
    provider_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    # When the provider says it was written; orders a burst.
    sent_at = models.DateTimeField(default=real_now)
    created_at = models.DateTimeField(default=real_now)
    # The agent's turn that answered it (incoming) or wrote it (outgoing).
    turn_id = models.UUIDField(null=True, blank=True)
    # NULL for incoming.
    status = models.CharField(  # noqa: DJ001
        max_length=12, choices=DeliveryStatus, null=True, blank=True
    )
    error = models.CharField(max_length=80, blank=True, default="")
    attempts = models.IntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        db_table = "messages"
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "position"], name="message_position_once"
            ),
            models.UniqueConstraint(
                fields=["conversation", "provider_id"],
                name="message_provider_id_once",
                condition=~Q(provider_id=None),
            ),
            models.CheckConstraint(
                name="message_author_known", condition=Q(author__in=Author.values)
            ),
            models.CheckConstraint(
                name="message_status_of_outgoing",
                condition=Q(author=Author.PATIENT, status=None)
                | (~Q(author=Author.PATIENT) & Q(status__in=DeliveryStatus.values)),
            ),
        ]
        indexes = [
            # What a turn reads: what nobody answered yet.
            models.Index(
                fields=["conversation", "position"],
                name="message_unanswered",
                condition=Q(author=Author.PATIENT, turn_id=None),
            ),
            # What a sender reads: whether an earlier message is still on its way.
            models.Index(
                fields=["conversation", "position"],
                name="message_underway",
                condition=Q(status__in=["queued", "sending", "maybe_sent"]),
            ),
            models.Index(
                fields=["provider_id"],
                name="message_by_provider_id",
                condition=~Q(provider_id=None),
            ),
        ]
