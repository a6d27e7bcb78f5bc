"""The agenda of a day: one column per professional, as far as the reader's grant goes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from clinics import realtime
from clinics.models import Absence, Appointment, Closure, Professional, Source
from clinics.models import AppointmentStatus as S
from clinics.services.agenda import public_holidays
from clinics.services.transitions import TRANSITIONS, UNDOABLE
from clinics.tenancy.callers import Caller
from clinics.tenancy.models import Clinic
from clinics.tenancy.permissions import Can, Reach, Resource, allowed, reach
from clinics.ui.doors import staff_json, staff_page
from clinics.ui.shell import shell
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotAllowed
from dentalogic.core.tenancy import current_scope

# State to go to -> the endpoint of the API that leads there, and what its button says.
STEPS: dict[str, tuple[str, str]] = {
    S.SCHEDULED: ("confirm", "Aceptar el pedido"),
    S.CONFIRMED: ("confirm", "Confirmar"),
    S.ARRIVED: ("arrive", "Llegó"),
    S.IN_CHAIR: ("seat", "Pasar al sillón"),
    S.COMPLETED: ("complete", "Atendido"),
    S.NO_SHOW: ("no-show", "No vino"),
    S.CANCELLED: ("cancel", "Cancelar turno"),
}
FAR = timedelta(days=3650)


@ensure_csrf_cookie
@require_GET
@staff_page
def agenda_page(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Show the agenda, drawn from the data that stands in the page itself."""
    day = _day_of(request, fallback=True)
    books = allowed(caller.role, Resource.APPOINTMENTS, Can.ADD)
    context = shell(request, caller) | {
        "page": "agenda",
        "day": read_day(caller, day),
        "books": books,
        "moves": allowed(caller.role, Resource.MOVES, Can.CHANGE),
        "absents": allowed(caller.role, Resource.ABSENCES, Can.ADD)
        and allowed(caller.role, Resource.CLOSURES, Can.ADD),
        "own": reach(caller.role, Resource.APPOINTMENTS, Can.READ) is Reach.OWN,
        "statuses": [(str(value), label) for value, label in S.choices if value != S.HELD],
    }
    return render(request, "ui/agenda.html", context)


@require_GET
@staff_json
def agenda_data(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer a day as JSON. `last` is the number of the last event that is already in it."""
    return JsonResponse(read_day(caller, _day_of(request, fallback=False)))


def read_day(caller: Caller, day: date) -> dict[str, Any]:
    """Return what the page needs to draw a day: columns, appointments, holds."""
    far = reach(caller.role, Resource.APPOINTMENTS, Can.READ)
    if far is None:
        raise NotAllowed
    # Read before the appointments: what happens in between is heard again, never missed.
    last = realtime.last_number()
    zone = ZoneInfo(current_scope().timezone)
    opens = datetime.combine(day, time(), zone)
    closes = datetime.combine(day + timedelta(days=1), time(), zone)
    only: UUID | None = None
    if far is Reach.OWN:
        only = realtime.own_professional_id(caller.user_id) or UUID(int=0)
    appointments = _appointments(opens, closes, only)
    professionals = _professionals(appointments, only)
    away = _absences(opens, closes, [one.pk for one in professionals], zone)
    now = clock.now().astimezone(zone)
    changes = allowed(caller.role, Resource.APPOINTMENTS, Can.CHANGE)
    return {
        "day": day.isoformat(),
        "title": date_format(day, "l j \\d\\e F"),
        "year": day.year,
        "today": now.date().isoformat(),
        "now": _wall(now, zone),
        # For times that the page sends back; at noon, no clock changes then.
        "offset": (opens + timedelta(hours=12)).isoformat()[-6:],
        "last": last,
        "closed": _closure(day),
        "professionals": [_column(one, day, away.get(one.pk, [])) for one in professionals],
        "appointments": [
            _appointment(one, zone, now, changes=changes)
            for one in appointments
            if one.status != S.HELD
        ],
        # Nobody's appointment yet: when, with whom, and no more.
        "holds": [
            {
                "id": str(one.pk),
                "professional": str(one.professional_id),
                "starts_at": _wall(one.starts_at, zone),
                "ends_at": _wall(one.ends_at, zone),
            }
            for one in appointments
            if one.status == S.HELD and one.hold_expires_at and one.hold_expires_at > now
        ],
    }


def _day_of(request: HttpRequest, *, fallback: bool) -> date:
    """Return the day asked for, near enough to be drawn; today where none was."""
    today = clock.now().astimezone(ZoneInfo(current_scope().timezone)).date()
    text = request.GET.get("day", "")
    try:
        asked = date.fromisoformat(text) if text else today
    except ValueError:
        asked = None
    if asked is not None and abs(asked - today) <= FAR:
        return asked
    if fallback:
        return today
    raise Invalid({"day": ["Una fecha como 2026-11-24."]})


def _appointments(opens: datetime, closes: datetime, only: UUID | None) -> list[Appointment]:
    found = (
        Appointment.objects.select_related("patient", "professional", "treatment", "chair")
        .filter(starts_at__lt=closes, starts_at__gte=opens - timedelta(days=1), ends_at__gt=opens)
        .order_by("starts_at", "id")
    )
    return list(found if only is None else found.filter(professional_id=only))


def _professionals(appointments: list[Appointment], only: UUID | None) -> list[Professional]:
    """Return who has a column: who works here, and whoever still has appointments that day."""
    if only is not None:
        return list(Professional.objects.filter(pk=only))
    busy = {one.professional_id for one in appointments}
    return list(
        Professional.objects.filter(Q(is_active=True) | Q(pk__in=busy)).order_by(
            "last_name", "first_name", "id"
        )
    )


def _absences(
    opens: datetime, closes: datetime, ids: list[UUID], zone: ZoneInfo
) -> dict[UUID, list[tuple[str, str]]]:
    found: dict[UUID, list[tuple[str, str]]] = {}
    for one in Absence.objects.filter(
        professional_id__in=ids, starts_at__lt=closes, ends_at__gt=opens
    ):
        starts_at, ends_at = max(one.starts_at, opens), min(one.ends_at, closes)
        found.setdefault(one.professional_id, []).append(
            (_wall(starts_at, zone), _wall(ends_at, zone))
        )
    return found


def _closure(day: date) -> str:
    """Return why the clinic is closed that day, '' if it is open. Own days beat public holidays."""
    own = Closure.objects.filter(starts_on__lte=day, ends_on__gte=day).order_by("opens").first()
    if own is not None:
        return "" if own.opens else own.name or "Cerrado"
    clinic = Clinic.objects.only("country", "settings").get(pk=current_scope().tenant_id)
    if clinic.preferences.holidays and day in public_holidays(clinic.country, day.year):
        return "Feriado"
    return ""


def _column(professional: Professional, day: date, away: list[tuple[str, str]]) -> dict[str, Any]:
    hours = professional.working_hours.get(str(day.weekday()), [])
    return {
        "id": str(professional.pk),
        "name": professional.display_name,
        "short": f"{professional.title} {professional.last_name}".strip(),
        "initials": f"{professional.first_name[:1]}{professional.last_name[:1]}".upper(),
        "specialty": professional.specialty,
        "hours": [[part["start"], part["end"]] for part in hours],
        "away": away,
    }


def _appointment(
    one: Appointment, zone: ZoneInfo, now: datetime, *, changes: bool
) -> dict[str, Any]:
    patient = one.patient
    return {
        "id": str(one.pk),
        "version": one.version,
        "status": one.status,
        "status_text": S(one.status).label,
        "starts_at": _wall(one.starts_at, zone),
        "ends_at": _wall(one.ends_at, zone),
        "professional": str(one.professional_id),
        "professional_name": one.professional.display_name,
        "patient": patient.display_name if patient else "",
        "treatment": one.treatment.name,
        "chair": one.chair.name if one.chair else "",
        "source": one.source,
        "source_text": Source(one.source).label,
        "overbooked": one.overbooked,
        "overbook_reason": one.overbook_reason,
        "cancel_reason": one.cancel_reason,
        "marks": _marks(one, zone),
        "steps": _steps(one, zone, now) if changes else [],
    }


def _steps(one: Appointment, zone: ZoneInfo, now: datetime) -> list[dict[str, Any]]:
    """Return the buttons of an appointment: what its state leads to."""
    if one.status in UNDOABLE:
        # Exactly until when it may be taken back is the service's to say.
        if one.updated_at.astimezone(zone).date() < now.date() - timedelta(days=1):
            return []
        return [{"to": "undo", "label": "Deshacer", "reason": "required"}]
    return [
        {
            "to": STEPS[to][0],
            "label": STEPS[to][1],
            "reason": "optional" if to == S.CANCELLED else "",
        }
        for to in TRANSITIONS.get(one.status, ())
        if to in STEPS
    ]


def _marks(one: Appointment, zone: ZoneInfo) -> list[list[str]]:
    passed = (("Llegó", one.arrived_at), ("Sillón", one.seated_at), ("Listo", one.completed_at))
    return [[what, f"{at.astimezone(zone):%H:%M}"] for what, at in passed if at is not None]


def _wall(moment: datetime, zone: ZoneInfo) -> str:
    """Write wall time without an offset: the page shows the clinic's clock, not the browser's."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
