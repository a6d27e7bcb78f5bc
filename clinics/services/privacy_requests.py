"""What persons ask about their data, and by when the law wants it done.

Ley 25.326 (B.O. 2-11-2000): art. 14 inc. 2, access within ten calendar days; art. 16 inc. 2,
rectification and erasure within five business days.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from clinics.models import Patient, PrivacyRequest, PrivacyRequestKind
from clinics.services.agenda import public_holidays
from clinics.services.erasing import erase_person
from clinics.services.finding import find_patient, person_ids
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, NotFound
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

ACCESS_DAYS = 10
BUSINESS_DAYS = 5
_SATURDAY = 5


class RequestSettled(DomainError):
    code = "request_settled"
    message = gettext_lazy("Ese pedido ya se resolvió.")  # type: ignore[assignment]


def open_request(
    *, patient_id: UUID, kind: str, recorded_by: UUID, note: str = ""
) -> PrivacyRequest:
    """Write down what a person asks today, with the day by which it is due."""
    asked_at = clock.now()
    return PrivacyRequest.objects.create(
        patient=find_patient(patient_id),
        kind=kind,
        asked_at=asked_at,
        due_on=due_on(kind, asked_at.astimezone(ZoneInfo(current_scope().timezone)).date()),
        recorded_by=recorded_by,
        note=note,
    )


def due_on(kind: str, asked: date) -> date:
    """Return the last day that the law leaves for an answer."""
    if kind == PrivacyRequestKind.ACCESS:
        return asked + timedelta(days=ACCESS_DAYS)
    country = Clinic.objects.values_list("country", flat=True).get(pk=current_scope().tenant_id)
    day, left = asked, BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY and day not in public_holidays(country, day.year)
    return day


def settle_request(*, request_id: UUID, settled_by: UUID, note: str = "") -> PrivacyRequest:
    """Close a request; one for erasure is carried out in the same transaction.

    Raises `RequestSettled`, and what `erase_person` refuses: then the request stays open.
    """

    def work() -> PrivacyRequest:
        request = PrivacyRequest.objects.for_update().filter(pk=request_id).first()
        if request is None:
            raise NotFound
        if request.settled_at is not None:
            raise RequestSettled
        outcome: dict[str, Any] = {}
        if request.kind == PrivacyRequestKind.ERASURE:
            outcome = erase_person(patient_id=request.patient_id)
        request.outcome = outcome
        request.note = note or request.note
        request.settled_at = clock.now()
        request.settled_by = settled_by
        request.save()
        return request

    return in_transaction(work)


def request_rows(*, settled: bool | None = None) -> QuerySet[PrivacyRequest]:
    """Return the clinic's requests, those still open or those settled."""
    rows = PrivacyRequest.objects.select_related("patient")
    return rows if settled is None else rows.filter(settled_at__isnull=not settled)


def requests_of(patient: Patient) -> QuerySet[PrivacyRequest]:
    return request_rows().filter(patient_id__in=person_ids(patient))


def find_request(request_id: UUID) -> PrivacyRequest:
    found = request_rows().filter(pk=request_id).first()
    if found is None:
        raise NotFound
    return found


def is_overdue(request: PrivacyRequest) -> bool:
    """Whether an open request is past its day."""
    today = clock.now().astimezone(ZoneInfo(current_scope().timezone)).date()
    return request.settled_at is None and request.due_on < today
