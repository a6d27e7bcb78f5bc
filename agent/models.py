"""What the agent did, turn by turn and step by step."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from dentalogic.core.clock import real_now
from dentalogic.core.tenant_models import TenantForeignKey, TenantModel


class TurnOutcome(models.TextChoices):
    RUNNING = "running", "En curso"
    ANSWERED = "answered", "Respondió"
    STALE = "stale", "Superado por mensajes nuevos"
    HANDED_OFF = "handed_off", "Derivó"
    FAILED = "failed", "Falló"


class Turn(TenantModel):
    """One answer of the agent to everything a person said since the last one."""

    conversation_id = models.UUIDField()
    # The conversation's fencing number under which it ran.
    turn_no = models.BigIntegerField()
    prompt_version = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    outcome = models.CharField(max_length=12, choices=TurnOutcome, default=TurnOutcome.RUNNING)
    reply = models.TextField(blank=True, default="")
    error = models.CharField(max_length=80, blank=True, default="")
    prompt_tokens = models.IntegerField(default=0)
    completion_tokens = models.IntegerField(default=0)
    started_at = models.DateTimeField(default=real_now)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        db_table = "turns"
        constraints = [
            models.UniqueConstraint(fields=["conversation_id", "turn_no"], name="turn_once"),
            models.CheckConstraint(
                name="turn_outcome_known", condition=Q(outcome__in=TurnOutcome.values)
            ),
        ]


class StepKind(models.TextChoices):
    MODEL = "model", "Modelo"
    TOOL = "tool", "Herramienta"


class Step(TenantModel):
    """A call of the model or of a tool, with what went in and what came out."""

    turn = TenantForeignKey(Turn, models.PROTECT, related_name="steps")
    position = models.IntegerField()
    kind = models.CharField(max_length=8, choices=StepKind)
    # kind=model: the assistant's message as the API returns it. kind=tool: {"id", "name",
    # "arguments" (text), "result" (object)}.
    content = models.JSONField()
    milliseconds = models.IntegerField(default=0)
    at = models.DateTimeField(default=real_now)

    class Meta(TenantModel.Meta):
        db_table = "turn_steps"
        constraints = [
            models.UniqueConstraint(fields=["turn", "position"], name="turn_step_once"),
            models.CheckConstraint(
                name="turn_step_kind_known", condition=Q(kind__in=StepKind.values)
            ),
        ]
