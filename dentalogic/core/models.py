"""The kernel's own tables. They live in `public` and hold identifiers only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dentalogic.core.clock import real_now


class OutboxMessage(models.Model):
    """One side effect owed to one sink, written in the transaction that causes it.

    In `public`, so that one query finds the work of every clinic; for that reason `payload` holds
    identifiers only. With a `key`, at most one message waits per (clinic, topic, sink, key); work
    that arrives while it is being handled raises `generation`, and the message stays due.
    """

    id = models.BigAutoField(primary_key=True)
    clinic_id = models.UUIDField()
    topic = models.CharField(max_length=80)
    sink = models.CharField(max_length=20)
    key = models.CharField(max_length=120, null=True)  # noqa: DJ001  # NULL = never coalesced
    payload = models.JSONField(default=dict)
    generation = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=real_now)
    due_at = models.DateTimeField(default=real_now)
    attempts = models.IntegerField(default=0)
    lease_no = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "outbox"
        verbose_name = "entrega"
        verbose_name_plural = "entregas pendientes"
        constraints = [
            models.CheckConstraint(
                name="outbox_done_or_dead_not_both",
                condition=Q(done_at=None) | Q(dead_at=None),
            ),
            models.UniqueConstraint(
                fields=["clinic_id", "topic", "sink", "key"],
                name="outbox_one_pending_per_key",
                condition=Q(done_at=None, dead_at=None),
            ),
        ]
        indexes = [
            # What `claim` reads; delivered messages are the vast majority and stay out of it.
            models.Index(
                fields=["due_at", "id"],
                name="outbox_waiting",
                condition=Q(done_at=None, dead_at=None),
            ),
            # What pruning reads.
            models.Index(fields=["done_at"], name="outbox_done", condition=~Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} → {self.sink} #{self.pk}"


class IdempotencyKey(models.Model):
    """What a client's `Idempotency-Key` was used for, for 24 hours.

    Holds a hash of the request and the id of the result: the answer is rendered again.
    """

    id = models.BigAutoField(primary_key=True)
    clinic_id = models.UUIDField()
    user_id = models.UUIDField()
    route = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    result_id = models.UUIDField()
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "idempotency_keys"
        verbose_name = "pedido repetible"
        verbose_name_plural = "pedidos repetibles"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "clinic_id", "route", "key"], name="idempotency_key_once"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]

    def __str__(self) -> str:
        return f"{self.route} {self.pk}"


class ClinicPatch(models.Model):
    """Which SQL patch a schema has had: what `evolve` compares and resumes from."""

    id = models.BigAutoField(primary_key=True)
    schema_name = models.CharField(max_length=63)
    app = models.CharField(max_length=40)
    migration = models.CharField(max_length=120)
    checksum = models.CharField(max_length=64)
    started_at = models.DateTimeField(default=real_now)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        db_table = "clinic_patches"
        verbose_name = "parche"
        verbose_name_plural = "parches"
        constraints = [
            models.UniqueConstraint(
                fields=["schema_name", "app", "migration"], name="clinic_patch_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.schema_name}: {self.app}.{self.migration}"


class ClinicSchema(models.Model):
    """What a clinic's schema was when evolution last left it: one row a clinic.

    `fingerprint` names all the patches it has had, `catalogue` what they gave; `reading` says how
    that hash was taken (our format, PostgreSQL's major version), as only equal readings compare.
    """

    schema_name = models.CharField(max_length=63, primary_key=True)
    clinic_id = models.UUIDField()
    fingerprint = models.CharField(max_length=64)
    catalogue = models.CharField(max_length=64)
    reading = models.CharField(max_length=20)
    updated_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "clinic_schemas"
        verbose_name = "esquema"
        verbose_name_plural = "esquemas"

    def __str__(self) -> str:
        return f"{self.schema_name}: {self.fingerprint[:12]}"
