"""The chart of a patient: entries, odontogram, anamnesis, files, and who saw it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from clinics.models import ClinicalRecord, Patient, Professional, RecordKind
from clinics.odontogram import differences
from clinics.services.finding import search_patients
from clinics.services.patients import find_patient
from clinics.services.records import charts, reads, words
from clinics.tenancy.callers import Caller
from clinics.tenancy.permissions import Can, Resource, allowed
from clinics.ui.doors import staff_page
from clinics.ui.shell import shell
from dentalogic.core.errors import NotFound
from dentalogic.core.tenancy import current_scope

MOST_FOUND, MOST_ENTRIES, MOST_READS = 30, 200, 30
READS = {
    "list": _("la historia"),
    "entry": _("una entrada"),
    "attachment": _("un adjunto"),
    "odontogram": _("el odontograma"),
    "pdf": _("el PDF"),
    "export": _("una exportación"),
}


@require_GET
@staff_page
def find_chart_page(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Find the patient whose chart is wanted."""
    _refuse_strangers(caller)
    query = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found: list[Patient] = []
    for rows in search_patients(query).lists if query else ():
        found += rows.order_by("name_key", "id")[: MOST_FOUND - len(found)]
    context = shell(request, caller) | {"page": "records", "query": query, "found": found}
    return render(request, "ui/records_find.html", context)


@ensure_csrf_cookie
@require_GET
@staff_page
def chart_page(request: HttpRequest, caller: Caller, patient_id: UUID) -> HttpResponse:
    """Show a chart. Whoever does not treat says first why; that it was read is noted."""
    _refuse_strangers(caller)
    try:
        patient = find_patient(patient_id)
    except NotFound:
        raise Http404 from None
    context = shell(request, caller) | {"page": "records", "patient": patient}
    writes = allowed(caller.role, Resource.RECORDS, Can.ADD)
    why = request.GET.get("why", "").replace("\0", "").strip()[:200]
    if not writes and not why:
        return render(request, "ui/records_why.html", context)
    reads.note_read(patient=patient, user_id=caller.user_id, role=caller.role, what="list", why=why)
    with timezone.override(current_scope().timezone):
        return render(request, "ui/records.html", context | _chart(patient, caller, writes=writes))


def _refuse_strangers(caller: Caller) -> None:
    if not allowed(caller.role, Resource.RECORDS, Can.READ):
        raise PermissionDenied


def _chart(patient: Patient, caller: Caller, *, writes: bool) -> dict[str, Any]:
    entries = list(
        charts.chart(patient)
        .prefetch_related("attachments")
        .order_by("-signed_at", "-position")[:MOST_ENTRIES]
    )
    mouths = [entry for entry in entries if entry.kind == RecordKind.ODONTOGRAM]
    mouth = mouths[0].content if mouths else charts.EMPTY_MOUTH
    signs = writes and patient.merged_into_id is None
    if signs:
        own = Professional.objects.filter(user_id=caller.user_id, is_active=True)
        signs = own.exists()
    return {
        "writes": signs,
        "entries": _threads(entries),
        "more": len(entries) == MOST_ENTRIES,
        "history": words.history_facts(patient.medical_history),
        "changes": _changes(mouths),
        "visits": mouths[:2],
        "readers": _readers(patient),
        "findings": {"faces": words.ON_FACES, "teeth": words.ON_TEETH},
        "drawn": {
            "patient": str(patient.pk),
            "mouth": mouth,
            "history": patient.medical_history,
            "writes": signs,
            "words": {
                "faces": words.FACES,
                "onFaces": words.ON_FACES,
                "onTeeth": words.ON_TEETH,
                "statuses": words.STATUSES,
            },
        },
    }


def _threads(entries: list[ClinicalRecord]) -> list[dict[str, Any]]:
    """Put addenda, and theirs, below the entry that they belong to; the latest entry first."""
    there = {entry.pk for entry in entries}
    answers: dict[UUID, list[ClinicalRecord]] = defaultdict(list)
    for entry in reversed(entries):
        if entry.addendum_to_id in there:
            answers[entry.addendum_to_id].append(entry)

    def below(entry: ClinicalRecord) -> list[ClinicalRecord]:
        return [one for answer in answers[entry.pk] for one in (answer, *below(answer))]

    return [
        {
            "entry": entry,
            "kind": RecordKind(entry.kind).label,
            "marks": _marks(entry),
            "history": words.history_facts(entry.content)
            if entry.kind == RecordKind.ANAMNESIS
            else [],
            "addenda": below(entry),
        }
        for entry in entries
        if entry.addendum_to_id not in there
    ]


def _marks(entry: ClinicalRecord) -> list[str]:
    if entry.kind != RecordKind.ODONTOGRAM:
        return []
    return [_mark(one.tooth, one.face, one.finding, one.after or "")
            for one in differences(charts.EMPTY_MOUTH, entry.content)]  # fmt: skip


def _changes(mouths: list[ClinicalRecord]) -> list[dict[str, str]]:
    """Return what the last visit changed, as sentences."""
    if len(mouths) < 2:  # noqa: PLR2004
        return []
    return [
        {
            "what": _mark(one.tooth, one.face, one.finding, ""),
            "before": words.status_word(one.before) if one.before else "—",
            "after": words.status_word(one.after) if one.after else "—",
        }
        for one in differences(mouths[1].content, mouths[0].content)
    ]


def _mark(tooth: int, face: str | None, finding: str, status: str) -> str:
    place = f"{tooth} {words.FACES[face]}" if face else str(tooth)
    state = f" ({words.status_word(status)})" if status else ""
    return f"{place}: {words.finding_word(finding)}{state}"


def _readers(patient: Patient) -> list[dict[str, Any]]:
    found = list(reads.reads_of(patient).order_by("-at", "-id")[:MOST_READS])
    names = reads.reader_names(found)
    return [
        {
            "at": one.at,
            "name": names.get(one.user_id, ""),
            "what": READS.get(one.what, one.what),
            "why": one.why,
        }
        for one in found
    ]
