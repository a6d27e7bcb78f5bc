"""Everything that a clinic keeps of one person, as a document of a stable shape.

    {"format": "dentalogic.patient", "version": 1, "exported_at": "…", "exported_by": "<user>",
     "clinic": {"id", "name"},
     "patient": {"id", "first_name", "last_name", "document_type", "dni", "birth_date", …},
     "merged_rows": [{"id", "name", "dni", "phone"}],
     "identities": [{"channel", "raw_id", "phone", "profile_name", "since"}],
     "guardians" and "dependants": [{"id", "name", "relation", "since"}],
     "facts": [{"field", "value", "source", "quoted_text", "recorded_by", "at", "superseded_at"}],
     "appointments": [{"id", "starts_at", "ends_at", "status", "professional", "treatment", …}],
     "waiting_list": [{"treatment", "from_day", "until_day", "status", "note", "since"}],
     "consents": [{"kind", "text_version", "text", "given_at", "how", "withdrawn_at"}],
     "plans": [{"id", "title", "status", "currency", "items": [{"treatment", "tooth", …}], …}],
     "transactions": [{"occurred_on", "kind", "method", "amount", "currency", "description", …}],
     "medical_history": {…},
     "records": [{"id", "kind", "text", "content", "signed_at", "signed_as", "hash", …}],
     "left_out": ["records", …]}

Times are RFC 3339 with the clinic's offset, amounts are texts. A section that the reader may not
see is null and named in `left_out`; one of which they see their own part is named there with
`:others`. A new version is a change that a reader of version 1 could not pass over. What was
written in conversations is the channel's and is no part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from clinics.models import (
    AccountingTransaction,
    Appointment,
    AppointmentStatus,
    ChannelIdentity,
    Consent,
    Guardian,
    Patient,
    PatientFact,
    TreatmentPlan,
    WaitingEntry,
)
from clinics.services.events import wall_time
from clinics.services.finding import person_ids
from clinics.services.records.charts import chart
from clinics.services.records.reads import note_read
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

FORMAT, VERSION = "dentalogic.patient", 1
_IDENTITY = (
    *("id", "first_name", "last_name", "document_type", "dni", "birth_date", "insurance"),
    *("insurance_plan", "member_number", "phone", "email", "status", "version", "created_at"),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who exports, and what they may see: `own` is their part of it alone."""

    user_id: UUID
    role: str
    appointments: str | None
    plans: str | None
    consents: bool
    money: bool
    records: bool


def export_patient(*, patient: Patient, reader: Reader, why: str = "") -> dict[str, Any]:
    """Return the document, ready for JSON. With the records in it, that is noted as a read."""

    def work() -> dict[str, Any]:
        if reader.records:
            note_read(
                patient=patient, user_id=reader.user_id, role=reader.role, what="export", why=why
            )
        return _document(patient, reader)

    return in_transaction(work)


def _document(patient: Patient, reader: Reader) -> dict[str, Any]:
    ids = person_ids(patient)
    clinic = Clinic.objects.only("name").get(pk=current_scope().tenant_id)
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": wall_time(clock.now()),
        "exported_by": str(reader.user_id),
        "clinic": {"id": str(clinic.pk), "name": clinic.name},
        "patient": _columns(patient, *_IDENTITY),
        "merged_rows": _merged(patient),
        "identities": [
            _columns(row, "channel", "raw_id", "phone", "profile_name", since="created_at")
            for row in ChannelIdentity.objects.filter(patient__in=ids).order_by("created_at", "id")
        ],
        "guardians": _links(ids, "dependant", "guardian"),
        "dependants": _links(ids, "guardian", "dependant"),
        "facts": _facts(ids),
        "appointments": _appointments(ids, reader) if reader.appointments else None,
        "waiting_list": _waiting(ids) if reader.appointments else None,
        "consents": _consents(ids) if reader.consents else None,
        "plans": _plans(ids, reader) if reader.plans else None,
        "transactions": _transactions(ids) if reader.money else None,
        "medical_history": patient.medical_history if reader.records else None,
        "records": _records(patient) if reader.records else None,
    }
    left_out = [name for name, value in document.items() if value is None]
    for name, far in (("appointments", reader.appointments), ("plans", reader.plans)):
        if far == "own":
            left_out.append(f"{name}:others")
    return document | {"left_out": left_out}


def _columns(row: Model, *names: str, **renamed: str) -> dict[str, Any]:
    """Return columns of a row as JSON has them."""
    wanted = {name: name for name in names} | renamed
    return {name: _plain(getattr(row, column)) for name, column in wanted.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return wall_time(value)
    if value is None or isinstance(value, bool | int | dict | list):
        return value
    return str(value)


def _merged(patient: Patient) -> list[dict[str, Any]]:
    rows = Patient.objects.filter(merged_into=patient).order_by("created_at", "id")
    return [_columns(row, "id", "dni", "phone", name="display_name") for row in rows]


def _links(ids: list[UUID], here: str, there: str) -> list[dict[str, Any]]:
    links = Guardian.objects.filter(**{f"{here}__in": ids}).select_related(there)
    found = []
    for link in links.order_by("created_at", "id"):
        person = _columns(getattr(link, there), "id", name="display_name")
        found.append(person | _columns(link, "relation", since="created_at"))
    return found


def _facts(ids: list[UUID]) -> list[dict[str, Any]]:
    names = ("field", "value", "source", "quoted_text", "recorded_by", "superseded_at")
    rows = PatientFact.objects.filter(patient__in=ids).order_by("created_at", "id")
    return [_columns(row, *names, at="created_at") for row in rows]


def _appointments(ids: list[UUID], reader: Reader) -> list[dict[str, Any]]:
    rows = (
        Appointment.objects.filter(patient__in=ids)
        .exclude(status=AppointmentStatus.HELD)
        .select_related("professional", "treatment")
    )
    if reader.appointments == "own":
        rows = rows.filter(professional__user_id=reader.user_id)
    names = ("id", "starts_at", "ends_at", "status", "source", "notes", "authorisation_number")
    return [
        _columns(row, *names, "cancel_reason", "arrived_at", "completed_at", "created_at")
        | {"professional": row.professional.display_name, "treatment": row.treatment.name}
        for row in rows.order_by("starts_at", "id")
    ]


def _waiting(ids: list[UUID]) -> list[dict[str, Any]]:
    rows = WaitingEntry.objects.filter(patient__in=ids).select_related("treatment")
    return [
        _columns(row, "from_day", "until_day", "status", "note", since="created_at")
        | {"treatment": row.treatment.name}
        for row in rows.order_by("created_at", "id")
    ]


def _consents(ids: list[UUID]) -> list[dict[str, Any]]:
    rows = Consent.objects.filter(patient__in=ids).select_related("text")
    return [
        _columns(row.text, "kind", "text_version", "text")
        | _columns(row, "given_at", "how", "recorded_by", "withdrawn_at")
        for row in rows.order_by("given_at", "id")
    ]


def _plans(ids: list[UUID], reader: Reader) -> list[dict[str, Any]]:
    rows = (
        TreatmentPlan.objects.filter(patient__in=ids)
        .select_related("professional")
        .prefetch_related("items__treatment")
    )
    if reader.plans == "own":
        rows = rows.filter(professional__user_id=reader.user_id)
    names = ("id", "title", "status", "currency", "valid_until", "notes", "created_at")
    item_names = ("tooth", "faces", "description", "visit", "price", "insurer_pays", "status")
    return [
        _columns(plan, *names, "decided_at", "decision_note")
        | {
            "professional": plan.professional.display_name,
            "items": [
                {"treatment": item.treatment.name} | _columns(item, *item_names, "done_at")
                for item in sorted(plan.items.all(), key=lambda item: item.position)
            ],
        }
        for plan in rows.order_by("created_at", "id")
    ]


def _transactions(ids: list[UUID]) -> list[dict[str, Any]]:
    names = ("id", "occurred_on", "kind", "method", "amount", "currency", "description")
    rows = AccountingTransaction.objects.filter(patient__in=ids).order_by("recorded_at", "id")
    return [_columns(row, *names, plan="plan_id", reverses="reverses_id") for row in rows]


def _records(patient: Patient) -> list[dict[str, Any]]:
    names = ("id", "patient_id", "position", "kind", "text", "content", "signed_at", "signed_as")
    files = ("id", "name", "content_type", "size", "sha256")
    rows = chart(patient).prefetch_related("attachments")
    return [
        _columns(row, *names, "previous_hash", "hash", addendum_to="addendum_to_id")
        | {"attachments": [_columns(one, *files) for one in row.attachments.all()]}
        for row in rows.order_by("signed_at", "patient_id", "position")
    ]
