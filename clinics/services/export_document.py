"""The export of one person as a document to hand over (Ley 25.326, art. 14: access)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from clinics.models import (
    AppointmentStatus,
    ConsentKind,
    FactField,
    FactSource,
    PatientStatus,
    PaymentMethod,
    PlanStatus,
    RecordKind,
    TransactionKind,
)
from clinics.services.records.words import finding_word, history_facts, status_word
from dentalogic.core.pdf import Document

_LEFT_OUT = {
    "appointments": "turnos",
    "appointments:others": "turnos con otros profesionales",
    "waiting_list": "lista de espera",
    "consents": "consentimientos",
    "plans": "presupuestos",
    "plans:others": "presupuestos de otros profesionales",
    "transactions": "pagos",
    "medical_history": "antecedentes",
    "records": "historia clínica",
}


def export_pdf(exported: dict[str, Any]) -> bytes:
    """Return what `export_patient` gave as a PDF."""
    made_at = datetime.fromisoformat(exported["exported_at"])
    clinic = exported["clinic"]["name"]
    document = Document(
        title="Datos del paciente", made_at=made_at, footer=f"{clinic} · {_day(made_at)}"
    )
    document.note(f"{clinic}. Emitido el {_moment(exported['exported_at'])}.")
    if exported["left_out"]:
        names = ", ".join(_LEFT_OUT.get(one, one) for one in exported["left_out"])
        document.note(f"No incluye, por el permiso de quien lo emite: {names}.")
    _identity(document, exported)
    _agenda(document, exported)
    _money(document, exported)
    _clinical(document, exported)
    return document.body()


def _identity(document: Document, exported: dict[str, Any]) -> None:
    patient = exported["patient"]
    document.heading("Identidad")
    document.facts(
        [
            ("Apellido y nombre", f"{patient['last_name']}, {patient['first_name']}".strip(", ")),
            (patient["document_type"], patient["dni"] or ""),
            ("Nacimiento", patient["birth_date"] or ""),
            ("Cobertura", f"{patient['insurance']} {patient['insurance_plan']}".strip()),
            ("N.º de afiliado", patient["member_number"]),
            ("Teléfono", patient["phone"] or ""),
            ("Correo", patient["email"]),
            ("Estado", PatientStatus(patient["status"]).label),
            ("Fichas unidas", ", ".join(one["name"] for one in exported["merged_rows"])),
            ("Responsables", _people(exported["guardians"])),
            ("A su cargo", _people(exported["dependants"])),
            ("Escribe desde", ", ".join(one["raw_id"] for one in exported["identities"])),
        ]
    )
    _table(
        document,
        "Lo que se dijo, y dónde",
        ["Dato", "Valor", "Fuente", "Desde", "Hasta"],
        [
            (
                FactField(one["field"]).label,
                one["value"],
                " · ".join(filter(None, (FactSource(one["source"]).label, one["quoted_text"]))),
                _moment(one["at"]),
                _moment(one["superseded_at"]),
            )
            for one in exported["facts"]
        ],
        [3, 3, 5, 2, 2],
    )
    _table(
        document,
        "Consentimientos",
        ["Para", "Versión", "Dado", "Cómo", "Retirado"],
        [
            (
                ConsentKind(one["kind"]).label,
                str(one["text_version"]),
                _moment(one["given_at"]),
                one["how"],
                _moment(one["withdrawn_at"]),
            )
            for one in exported["consents"] or ()
        ],
        [4, 1, 2, 3, 2],
    )


def _agenda(document: Document, exported: dict[str, Any]) -> None:
    _table(
        document,
        "Turnos",
        ["Cuándo", "Tratamiento", "Profesional", "Estado", "Notas"],
        [
            (
                _moment(one["starts_at"]),
                one["treatment"],
                one["professional"],
                AppointmentStatus(one["status"]).label,
                " · ".join(filter(None, (one["notes"], one["cancel_reason"]))),
            )
            for one in exported["appointments"] or ()
        ],
        [2, 3, 3, 2, 4],
    )


def _money(document: Document, exported: dict[str, Any]) -> None:
    for plan in exported["plans"] or ():
        _table(
            document,
            f"Presupuesto: {plan['title']} ({PlanStatus(plan['status']).label})",
            ["Visita", "Tratamiento", "Pieza", "Precio", "Obra social"],
            [
                (
                    str(one["visit"]),
                    one["treatment"],
                    f"{one['tooth'] or ''} {one['faces']}".strip(),
                    f"{plan['currency']} {one['price']}",
                    one["insurer_pays"],
                )
                for one in plan["items"]
            ],
            [1, 5, 2, 2, 2],
        )
    _table(
        document,
        "Pagos",
        ["Día", "Concepto", "Medio", "Importe", "Detalle"],
        [
            (
                one["occurred_on"],
                TransactionKind(one["kind"]).label,
                PaymentMethod(one["method"]).label,
                f"{one['currency']} {one['amount']}",
                one["description"],
            )
            for one in exported["transactions"] or ()
        ],
        [2, 3, 2, 2, 4],
    )


def _clinical(document: Document, exported: dict[str, Any]) -> None:
    if exported["records"] is None:
        return
    document.heading("Antecedentes")
    document.facts(history_facts(exported["medical_history"] or {}))
    document.heading("Historia clínica")
    if not exported["records"]:
        document.paragraph("Sin entradas.")
    for entry in exported["records"]:
        kind = RecordKind(entry["kind"])
        document.subheading(f"{kind.label} · {_moment(entry['signed_at'])}")
        if entry["text"]:
            document.paragraph(entry["text"])
        if kind == RecordKind.ANAMNESIS:
            document.facts(history_facts(entry["content"]))
        for number, tooth in entry["content"].get("teeth", {}).items():
            for face, marks in (("", tooth.get("tooth", [])), *tooth.get("faces", {}).items()):
                for mark in marks:
                    found = f"{finding_word(mark['finding'])}, {status_word(mark['status'])}"
                    document.paragraph(f"Pieza {number} {face}".strip() + f": {found}")
        for one in entry["attachments"]:
            document.paragraph(f"Adjunto: {one['name']} ({one['content_type']})")
        document.note(f"Firma: {entry['signed_as']} · huella {entry['hash']}")


def _table(
    document: Document,
    title: str,
    headers: list[str],
    rows: list[tuple[str, ...]],
    widths: list[int],
) -> None:
    if rows:
        document.heading(title)
        document.table(headers, rows, widths=widths)


def _people(links: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{one['name']} ({one['relation']})" if one["relation"] else one["name"] for one in links
    )


def _moment(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%d/%m/%Y %H:%M}" if text else ""


def _day(at: datetime) -> str:
    return f"{at:%d/%m/%Y}"
