"""The whole chart as a document, to be handed over within 48 hours of being asked for.

Ley 26.529, art. 14: the patient owns the chart and gets an authenticated copy; art. 15 says what
each entry carries.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clinics.models import ClinicalRecord, Patient, RecordKind
from clinics.services.records.charts import chart
from clinics.services.records.words import finding_word, history_facts, status_word
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.pdf import Document
from dentalogic.core.tenancy import current_scope


def chart_document(patient: Patient) -> bytes:
    """Return the chart as a PDF: who the patient is, every entry in order, with its hash."""
    zone = ZoneInfo(current_scope().timezone)
    now = clock.now().astimezone(zone)
    clinic = Clinic.objects.only("name").get(pk=current_scope().tenant_id)
    document = Document(
        title="Historia clínica odontológica",
        made_at=now,
        footer=f"{clinic.name} · {_moment(now)} · Ley 26.529",
    )
    document.note(f"{clinic.name}. Copia emitida el {_moment(now)}.")
    document.heading("Paciente")
    document.facts(
        [
            ("Apellido y nombre", f"{patient.last_name}, {patient.first_name}".strip(", ")),
            (patient.document_type, patient.dni or ""),
            ("Nacimiento", f"{patient.birth_date:%d/%m/%Y}" if patient.birth_date else ""),
            ("Cobertura", " ".join((patient.insurance, patient.insurance_plan)).strip()),
            ("N.º de afiliado", patient.member_number),
        ]
    )
    document.heading("Anamnesis vigente")
    document.facts(history_facts(patient.medical_history))
    document.heading("Entradas")
    entries = list(
        chart(patient)
        .prefetch_related("attachments")
        .order_by("signed_at", "patient_id", "position")
    )
    places = {entry.pk: place for place, entry in enumerate(entries, start=1)}
    for entry in entries:
        _entry(document, entry, places, zone)
    if not entries:
        document.paragraph("Sin entradas.")
    return document.body()


def _entry(
    document: Document, entry: ClinicalRecord, places: dict[Any, int], zone: ZoneInfo
) -> None:
    kind = RecordKind(entry.kind).label
    of = f" a la entrada {places.get(entry.addendum_to_id, '—')}" if entry.addendum_to_id else ""
    moment = _moment(entry.signed_at.astimezone(zone))
    document.subheading(f"{places[entry.pk]}. {kind}{of} · {moment}")
    if entry.text:
        document.paragraph(entry.text)
    if entry.kind == RecordKind.ODONTOGRAM:
        _mouth(document, entry.content)
    elif entry.kind == RecordKind.ANAMNESIS:
        document.facts(history_facts(entry.content))
    for one in entry.attachments.all():
        document.paragraph(f"Adjunto: {one.name} ({one.content_type}, {one.size} bytes)")
        document.note(f"SHA-256 {one.sha256}")
    document.note(f"Firma: {entry.signed_as} · huella {entry.hash}")


def _mouth(document: Document, content: dict[str, Any]) -> None:
    rows = [
        (number, face, finding_word(mark["finding"]), status_word(mark["status"]))
        for number, tooth in content.get("teeth", {}).items()
        for face, marks in (("—", tooth.get("tooth", [])), *tooth.get("faces", {}).items())
        for mark in marks
    ]
    if rows:
        document.table(["Pieza", "Cara", "Hallazgo", "Estado"], rows, widths=[1, 1, 4, 2])
    else:
        document.paragraph("Sin hallazgos.")
    if notes := content.get("notes"):
        document.paragraph(notes)


def _moment(at: datetime) -> str:
    return f"{at:%d/%m/%Y %H:%M}"
