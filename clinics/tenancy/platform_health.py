"""How every clinic does, from the tables of `public` alone: nothing that a clinic's people wrote.

A handful of statements, however many clinics there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, Q

from clinics.tenancy.models import Clinic, Line, Membership, MembershipStatus
from dentalogic.core.evolution import survey
from dentalogic.core.evolution.steps import tenant_steps
from dentalogic.core.models import OutboxMessage
from dentalogic.core.tenancy import no_scope

RECEIVED, SENT = "inbox.received", "message.queued"


@dataclass(frozen=True, slots=True)
class ClinicHealth:
    """One clinic's row. `behind` counts the patches it lacks, `stopped` a run that did not end."""

    clinic: Clinic
    behind: int
    stopped: bool
    waiting: int
    failing: int
    dead: int
    oldest_due: datetime | None
    calendars_failing: int
    heard_at: datetime | None
    said_at: datetime | None
    active: int
    pending: int
    lines: int

    @property
    def is_well(self) -> bool:
        return not (
            self.behind or self.stopped or self.dead or self.failing or self.calendars_failing
        )


def health_of(clinics: Iterable[Clinic]) -> list[ClinicHealth]:
    """Return how these clinics do, in their order, in seven statements at most."""
    shown = list(clinics)
    ids = [clinic.pk for clinic in shown]
    behind, stopped = _schemas()
    owed = _by_clinic(_deliveries(ids))
    people = _by_clinic(
        Membership.objects.filter(clinic_id__in=ids)
        .values("clinic_id")
        .annotate(
            active=Count("pk", filter=Q(status=MembershipStatus.ACTIVE, user__is_active=True)),
            pending=Count("pk", filter=Q(status=MembershipStatus.PENDING)),
        )
    )
    lines = _by_clinic(
        Line.objects.filter(clinic_id__in=ids, is_active=True)
        .values("clinic_id")
        .annotate(lines=Count("pk"))
    )
    return [
        ClinicHealth(
            clinic=clinic,
            behind=behind.get(clinic.schema_name, 0),
            stopped=clinic.schema_name in stopped,
            **{**_NOTHING, **owed.get(clinic.pk, {})},
            **{"active": 0, "pending": 0, **people.get(clinic.pk, {})},
            **{"lines": 0, **lines.get(clinic.pk, {})},
        )
        for clinic in shown
    ]


_NOTHING: dict[str, Any] = {
    "waiting": 0,
    "failing": 0,
    "dead": 0,
    "oldest_due": None,
    "calendars_failing": 0,
    "heard_at": None,
    "said_at": None,
}


def _deliveries(ids: list[UUID]) -> Any:
    waits = Q(done_at=None, dead_at=None)
    return (
        OutboxMessage.objects.filter(clinic_id__in=ids)
        .values("clinic_id")
        .annotate(
            waiting=Count("pk", filter=waits),
            failing=Count("pk", filter=waits & ~Q(last_error="")),
            dead=Count("pk", filter=Q(dead_at__isnull=False)),
            oldest_due=Min("due_at", filter=waits),
            calendars_failing=Count(
                "pk", filter=Q(sink="google", done_at=None) & ~Q(last_error="")
            ),
            # Deliveries are kept for a week: an older message is not known here.
            heard_at=Max("created_at", filter=Q(topic=RECEIVED)),
            said_at=Max("done_at", filter=Q(topic=SENT)),
        )
    )


def _by_clinic(rows: Iterable[Any]) -> dict[UUID, dict[str, Any]]:
    return {row.pop("clinic_id"): row for row in rows}


def _schemas() -> tuple[dict[str, int], set[str]]:
    """Return how many patches each schema lacks, and whose last run did not end well."""
    with no_scope(), connection.cursor() as cursor:
        steps = survey.without_contracts(cursor, tenant_steps())
        targets = survey.behind(cursor, steps)
        stopped = {one.clinic for one in survey.unfinished(cursor)}
    return {target.schema_name: len(target.missing) for target in targets}, stopped
