"""Today's room: who waits, who is in the chair, who is late; moved along with one press."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from clinics import realtime
from clinics.models import AppointmentStatus as S
from clinics.services.reception import Place, Room, Visit, read_room
from clinics.tenancy.callers import Caller
from clinics.tenancy.permissions import Can, Reach, Resource, allowed, reach
from clinics.ui.doors import staff_json, staff_page
from clinics.ui.shell import shell
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotAllowed
from dentalogic.core.tenancy import current_scope

# In the order in which the reception looks at them: place, title, what is said when it is empty.
PLACES = (
    (Place.WAITING, _("En la sala"), _("Nadie está esperando.")),
    (Place.IN_CHAIR, _("En el sillón"), _("Los sillones están libres.")),
    (Place.LATE, _("Demorados"), _("Nadie está demorado.")),
    (Place.EXPECTED, _("Por llegar"), _("No falta llegar nadie.")),
    (Place.DONE, _("Atendidos"), _("Todavía no se atendió a nadie.")),
    (Place.NO_SHOW, _("No vinieron"), _("No hubo ausencias.")),
)
# State to go to -> the endpoint that leads there and the words on its button. Confirming and
# cancelling are the agenda's.
STEPS = {
    S.ARRIVED: ("arrive", _("Llegó")),
    S.IN_CHAIR: ("seat", _("Pasar al sillón")),
    S.COMPLETED: ("complete", _("Atendido")),
    S.NO_SHOW: ("no-show", _("No vino")),
}
# Straight from the door to the end would be a slip of the finger.
SKIPPED = {S.SCHEDULED: {S.COMPLETED}, S.CONFIRMED: {S.COMPLETED}}
FAR = timedelta(days=3650)


@ensure_csrf_cookie
@require_GET
@staff_page
def room_page(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Show the room, drawn from the data that stands in the page itself."""
    context = shell(request, caller) | {
        "page": "room",
        "room": read_day(caller, None),
        "places": [
            {"id": str(place), "title": title, "empty": empty} for place, title, empty in PLACES
        ],
    }
    return render(request, "ui/room.html", context)


@require_GET
@staff_json
def room_data(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer the room as JSON. `last` is the number of the last event that is already in it."""
    return JsonResponse(read_day(caller, _day_of(request)))


def read_day(caller: Caller, day: date | None) -> dict[str, Any]:
    """Return what the page draws: every visit of the day, with its place and its buttons."""
    far = reach(caller.role, Resource.APPOINTMENTS, Can.READ)
    if far is None:
        raise NotAllowed
    # Read before the appointments: what happens in between is heard again, never missed.
    last = realtime.last_number()
    only: UUID | None = None
    if far is Reach.OWN:
        only = realtime.own_professional_id(caller.user_id) or UUID(int=0)
    room = read_room(day=day, professional_id=only)
    return _drawn(room, last, changes=allowed(caller.role, Resource.APPOINTMENTS, Can.CHANGE))


def _day_of(request: HttpRequest) -> date | None:
    text = request.GET.get("day", "")
    if not text:
        return None
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        asked = None
    if asked is None or abs(asked - clock.now().date()) > FAR:
        raise Invalid({"day": ["Una fecha como 2026-11-24."]})
    return asked


def _drawn(room: Room, last: int, *, changes: bool) -> dict[str, Any]:
    zone = ZoneInfo(current_scope().timezone)
    return {
        "day": room.day.isoformat(),
        "title": date_format(room.day, "l j \\d\\e F"),
        "now": room.now.isoformat(),
        "last": last,
        "visits": [_card(visit, zone, changes=changes) for visit in room.visits],
    }


def _card(visit: Visit, zone: ZoneInfo, *, changes: bool) -> dict[str, Any]:
    one = visit.appointment
    return {
        "id": str(one.pk),
        "version": one.version,
        "place": str(visit.place),
        "status": one.status,
        "status_text": S(one.status).label,
        "patient": one.patient.display_name if one.patient else "",
        "treatment": one.treatment.name,
        "professional": one.professional.display_name,
        "chair": one.chair.name if one.chair else "",
        "time": _clock(one.starts_at, zone),
        "since": visit.since.isoformat() if visit.since else None,
        "since_text": _clock(visit.since, zone) if visit.since else "",
        "minutes": visit.minutes,
        "steps": _steps(visit) if changes else [],
    }


def _steps(visit: Visit) -> list[dict[str, Any]]:
    """Return the buttons: what the transition table leads to, and taking a mistake back."""
    status = visit.appointment.status
    buttons = [
        {"to": STEPS[S(to)][0], "label": str(STEPS[S(to)][1]), "reason": False}
        for to in visit.next
        if S(to) in STEPS and S(to) not in SKIPPED.get(S(status), set())
    ]
    if visit.undo_to is not None:
        buttons.append({"to": "undo", "label": str(_("Deshacer")), "reason": True})
    return buttons


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}"
