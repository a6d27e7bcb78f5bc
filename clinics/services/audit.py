"""Reading the audit: who changed an object, when, from what to what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from clinics.models import AuditEntry, Patient, RecordRead
from clinics.services.audit_words import CLINICAL, COVERED, ERASED, FIELDS, TABLES
from clinics.tenancy.models import User
from clinics.tenancy.permissions import Can, Reach, Resource, reach
from dentalogic.core.errors import Invalid

_STAFF = "staff:"
_HISTORY = "medical_history"
_KINDS = {
    "patient": "Paciente",
    "agent": "Asistente",
    "system": "Sistema",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who acted: a kind, and for members of the staff their id and name."""

    kind: str
    id: UUID | None
    name: str


def find_entries(
    *,
    about: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AuditEntry]:
    """Return the entries about one object (`patients:<id>`), or all, narrowed by who and when.

    Raises `Invalid` for an object that is not written so, or of a kind that is not audited. One
    that nobody ever changed has no entries.
    """
    rows = AuditEntry.objects.all()
    if about is not None:
        table, row_id = read_object(about)
        rows = rows.filter(table_name=table, row_id=row_id)
    if actor is not None:
        rows = rows.filter(actor=actor if actor in _KINDS else f"{_STAFF}{_uuid(actor, 'actor')}")
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    return rows


def read_object(about: str) -> tuple[str, UUID]:
    """Read `table:id`."""
    table, _, row_id = about.partition(":")
    if table not in TABLES:
        raise Invalid({"object": ["No se lleva historial de eso. Por ejemplo: patients:<id>."]})
    return table, _uuid(row_id, "object")


def _uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid({field: ["No es un identificador."]}) from None


def people_of(actors: Iterable[str]) -> dict[str, Person]:
    """Name the actors, in one query."""
    seen = set(actors)
    ids: dict[str, UUID] = {
        actor: UUID(actor.removeprefix(_STAFF)) for actor in seen if actor.startswith(_STAFF)
    }
    names = {user.pk: user.full_name for user in User.objects.filter(pk__in=ids.values())}
    return {
        actor: Person("staff", ids[actor], names.get(ids[actor]) or "Alguien del equipo")
        if actor in ids
        else Person(actor, None, _KINDS.get(actor, actor))
        for actor in seen
    }


def changes_for(entry: AuditEntry, role: str) -> list[dict[str, Any]]:
    """Return what changed, field by field; what the role may not read is covered.

    Each is `{"field", "label", "before", "after"}`. An absent side is None.
    """
    before, after = entry.before or {}, entry.after or {}
    return [
        {
            "field": name,
            "label": FIELDS.get(name, name.removesuffix("_id").replace("_", " ").capitalize()),
            "before": _shown(entry.table_name, name, before.get(name), role),
            "after": _shown(entry.table_name, name, after.get(name), role),
        }
        for name in sorted({*before, *after})
    ]


def note_reads(entries: Iterable[AuditEntry], *, user_id: UUID, role: str) -> None:
    """Note that somebody is shown what stands in charts, where they may read them."""
    if reach(role, Resource.RECORDS, Can.READ) is not Reach.ALL:
        return
    ids = {
        entry.row_id
        for entry in entries
        if entry.table_name == "patients"
        and _HISTORY in {*(entry.before or {}), *(entry.after or {})}
    }
    if not ids:
        return
    RecordRead.objects.bulk_create(
        RecordRead(patient=patient, user_id=user_id, role=role, what="list", why="auditoría")
        for patient in Patient.objects.filter(pk__in=ids)
    )


def table_label(table: str) -> str:
    """Return what the table holds, in the clinic's words."""
    known = TABLES.get(table)
    return table if known is None else known[0]


def _shown(table: str, name: str, value: Any, role: str) -> Any:
    if value is None or value in (COVERED, ERASED):
        return value
    resource = CLINICAL.get((table, name)) or TABLES[table][1]
    return value if reach(role, resource, Can.READ) is Reach.ALL else COVERED
