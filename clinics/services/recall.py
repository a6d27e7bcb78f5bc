"""Patients to call again: their last visit is long over, and nothing is booked or waited for."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery

from clinics.models import Appointment, Patient, WaitingEntry
from clinics.models import AppointmentStatus as S
from clinics.services.waiting import OPEN
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import current_scope

_COMING = (S.PENDING_CONFIRMATION, S.SCHEDULED, S.CONFIRMED, S.ARRIVED, S.IN_CHAIR)


def patients_to_recall(*, months: int | None = None) -> QuerySet[Patient]:
    """Return whose last completed visit is over for so many months (the clinic's `recall_months`).

    Each with `last_visit`. Left out are merged and anonymised patients, whoever has an appointment
    to come, and whoever waits for one. In the order of the index by name a page reads the
    appointments of the patients that it passes, and no others.
    """
    newest = (
        Appointment.objects.filter(patient_id=OuterRef("pk"))
        .filter(Q(status=S.COMPLETED) | Q(status__in=_COMING, ends_at__gt=clock.now()))
        .order_by("-starts_at")
    )
    waits = WaitingEntry.objects.filter(patient_id=OuterRef("pk"), status__in=OPEN)
    # A scalar, not EXISTS: of those, the planner makes one join over everybody, page or no page.
    # What is to come starts after the limit, so whatever is older is a visit.
    last = Subquery(newest.values("starts_at")[:1], output_field=DateTimeField())
    return (
        Patient.objects.filter(merged_into=None, anonymised_at=None)
        .annotate(last_visit=last)
        .filter(~Exists(waits), last_visit__lt=_limit(months))
    )


def _limit(months: int | None) -> datetime:
    clinic_id = current_scope().tenant_id
    if months is None:
        months = Clinic.objects.only("settings").get(pk=clinic_id).preferences.recall_months
    today = clock.now().astimezone(ZoneInfo(current_scope().timezone))
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    # Half a year before 31 August is the last of February.
    day = min(today.day, monthrange(year, month + 1)[1])
    return today.replace(year=year, month=month + 1, day=day)
