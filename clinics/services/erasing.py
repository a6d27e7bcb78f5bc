"""Erasure: removing what no law keeps of a person, in one transaction.

Ley 25.326, art. 16 inc. 5: nothing is erased that a law obliges to keep. Ley 26.529 (B.O.
20-11-2009), arts. 15 and 18: a chart is kept for ten years from its last entry, with the data that
identify the patient. Money is kept as the books are: Código Civil y Comercial, art. 328, ten years.
While a chart is within its term, name, document and birth date stay with it; `retention` removes
them when the term is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy

from clinics.models import (
    OCCUPYING,
    AccountingTransaction,
    Appointment,
    AppointmentStatus,
    ChannelIdentity,
    ClinicalRecord,
    Event,
    EventType,
    Guardian,
    Patient,
    PatientFact,
    PlanItem,
    PlanItemStatus,
    PlanStatus,
    RecordAttachment,
    TransactionKind,
    TreatmentPlan,
    WaitingEntry,
    WaitingStatus,
)
from clinics.services.events import owe_publication
from clinics.services.finding import find_patient, person_ids
from clinics.services.forgetting import forget_in_audit
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.errors import DomainError
from dentalogic.core.outbox import emit
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

_LIVE = [status for status in OCCUPYING if status != AppointmentStatus.COMPLETED]
_OPEN = (WaitingStatus.WAITING, WaitingStatus.OFFERED)
# Rounded up: a leap year more never breaks a term.
_YEAR = timedelta(days=366)
_LAW_OF_CHARTS = "Ley 26.529, arts. 15 y 18"
_LAW_OF_BOOKS = "Código Civil y Comercial, art. 328"

# What identifies a person besides being reached: stays as long as their chart does.
IDENTIFICATION = ("first_name", "last_name", "name_key", "document_type", "dni", "birth_date")
_CONTACT = {
    "phone": None,
    "email": "",
    "insurance": "",
    "insurer_id": None,
    "insurance_plan": "",
    "member_number": "",
    "possible_duplicate_of_id": None,
}
_NAMES = {"first_name": "", "last_name": "", "name_key": "", "dni": None, "birth_date": None}


class ErasureBlocked(DomainError):
    """Something is still going on with the person; `reasons` says what."""

    code = "erasure_blocked"
    message = gettext_lazy(  # type: ignore[assignment]
        "Todavía tiene turnos por venir o cuentas abiertas: resolvelos antes."
    )


class AlreadyErased(DomainError):
    code = "already_erased"
    message = gettext_lazy("Los datos de esa persona ya se suprimieron.")  # type: ignore[assignment]


def erase_person(*, patient_id: UUID) -> dict[str, Any]:
    """Remove what no law keeps of a person, under all their rows; say what went and what stays.

    The answer has counts and laws, no personal data. What they wrote on WhatsApp follows at once
    by `patient.erased`. Raises `AlreadyErased`, and `ErasureBlocked` while appointments lie ahead
    or a plan is not paid.
    """

    def work() -> dict[str, Any]:
        ids = sorted(person_ids(find_patient(patient_id)))
        rows = list(Patient.objects.for_update().filter(pk__in=ids).order_by("pk"))
        if all(row.anonymised_at is not None for row in rows):
            raise AlreadyErased
        reasons = _blocked_by(ids)
        if reasons:
            raise ErasureBlocked(reasons=reasons)
        kept = _kept(ids)
        charted = "identification" in kept
        removed = _remove(ids)
        for row in rows:
            _blank(row, charted=charted)
        forget_in_audit(ids, removed.pop("rows"), charted=charted)
        _tell(rows)
        return {"removed": removed, "kept": kept}

    return in_transaction(work)


def drop_identification(patient: Patient) -> None:
    """Remove what an earlier erasure left for the chart's sake, now that its term is over.

    Inside the caller's transaction, with the row locked.
    """
    Patient.objects.filter(pk=patient.pk).update(
        **_NAMES, medical_history={}, version=F("version") + 1
    )
    forget_in_audit([patient.pk], {}, charted=False)


def charts_are_kept_since() -> datetime:
    """Return the moment from which on a chart's last entry keeps it."""
    clinic = Clinic.objects.get(pk=current_scope().tenant_id)
    return clock.now() - clinic.preferences.keep_records_years * _YEAR


def _blocked_by(ids: list[UUID]) -> list[str]:
    reasons = []
    ahead = Appointment.objects.filter(patient_id__in=ids, status__in=_LIVE)
    if ahead.filter(ends_at__gt=clock.now()).exists():
        reasons.append("future_appointments")
    if any(_balance(plan) for plan in TreatmentPlan.objects.filter(patient_id__in=ids)):
        reasons.append("open_balance")
    return reasons


def _balance(plan: TreatmentPlan) -> Decimal:
    """Return what is still owed for a plan, one way or the other."""
    zero = Decimal(0)
    owed = zero
    if plan.status in {PlanStatus.APPROVED, PlanStatus.DONE}:
        items = PlanItem.objects.filter(plan=plan).exclude(status=PlanItemStatus.CANCELLED)
        owed = items.aggregate(sum=Sum(F("price") - F("insurer_pays")))["sum"] or zero
    paid = AccountingTransaction.objects.filter(plan=plan).aggregate(
        income=Sum("amount", filter=Q(kind=TransactionKind.INCOME, insurer=None)),
        refund=Sum("amount", filter=Q(kind=TransactionKind.REFUND)),
    )
    return owed - (paid["income"] or zero) + (paid["refund"] or zero)


def _kept(ids: list[UUID]) -> dict[str, Any]:
    """Say what stays, by which law."""
    kept: dict[str, Any] = {}
    records = ClinicalRecord.objects.filter(patient_id__in=ids)
    money = AccountingTransaction.objects.filter(patient_id__in=ids).count()
    if records.exists():
        files = RecordAttachment.objects.filter(record__patient_id__in=ids).count()
        kept["records"] = {"count": records.count(), "files": files, "law": _LAW_OF_CHARTS}
    if records.filter(signed_at__gte=charts_are_kept_since()).exists():
        kept["identification"] = {"law": _LAW_OF_CHARTS}
    if money:
        kept["transactions"] = {"count": money, "law": _LAW_OF_BOOKS}
    return kept


def _remove(ids: list[UUID]) -> dict[str, Any]:
    """Remove what hangs on the person; count it, and name the rows for the audit's sake."""
    facts = PatientFact.objects.filter(patient_id__in=ids)
    links = Guardian.objects.filter(Q(guardian_id__in=ids) | Q(dependant_id__in=ids))
    identities = ChannelIdentity.objects.filter(patient_id__in=ids)
    visits = Appointment.objects.filter(patient_id__in=ids)
    waiting = WaitingEntry.objects.filter(patient_id__in=ids)
    plans = TreatmentPlan.objects.filter(patient_id__in=ids)
    rows = {
        model._meta.db_table: list(found.values_list("pk", flat=True))
        for model, found in (
            (PatientFact, facts),
            (ChannelIdentity, identities),
            (Appointment, visits),
            (WaitingEntry, waiting),
            (TreatmentPlan, plans),
            (Guardian, links),
        )
    }
    for identity in identities:
        # The row stays for the conversation that hangs on it; nobody writes from that name.
        identity.raw_id = f"erased:{identity.pk}"
        identity.bsuid = identity.send_to = identity.profile_name = ""
        identity.phone = None
        identity.save()
    said = Q(notes="", cancel_reason="", authorisation_number="")
    visits.exclude(said).update(notes="", cancel_reason="", authorisation_number="")
    now = {"status": WaitingStatus.WITHDRAWN}
    waiting.filter(status__in=_OPEN).update(**now, version=F("version") + 1)
    waiting.exclude(note="").update(note="")
    plans.exclude(notes="", decision_note="").update(notes="", decision_note="")
    return {
        "facts": facts.delete()[0],
        "guardians": links.delete()[0],
        "identities": len(rows["channel_identities"]),
        "rows": rows,
    }


def _blank(row: Patient, *, charted: bool) -> None:
    values: dict[str, Any] = dict(_CONTACT)
    if not charted:
        values |= {**_NAMES, "medical_history": {}}
    for name, value in values.items():
        setattr(row, name, value)
    row.anonymised_at = row.anonymised_at or clock.now()
    row.version += 1
    row.save()


def _tell(rows: list[Patient]) -> None:
    for row in rows:
        Event.objects.create(
            type=EventType.PATIENT_UPDATED,
            data={"id": str(row.pk), "version": row.version, "status": str(row.status), "name": ""},
        )
        emit("patient.erased", key=str(row.pk), patient_id=str(row.pk))
    owe_publication()
