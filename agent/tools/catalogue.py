"""What the clinic offers: its people, their hours, its services and the insurers it works with."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch

from agent.tools.calling import Desk, Outcome, ToolArgs, tool
from agent.wording import WEEKDAYS
from clinics.models import Insurer, Professional, ProfessionalTreatment, Treatment


class ListProfessionals(ToolArgs):
    """Los profesionales de la clínica: qué tratamientos hacen y en qué horarios atienden."""


class ListServices(ToolArgs):
    """Los servicios de la clínica con su duración, y las obras sociales con las que trabaja."""


@tool(ListProfessionals)
def list_professionals(_desk: Desk, _args: ListProfessionals) -> Outcome:
    offered = (
        ProfessionalTreatment.objects.filter(treatment__is_active=True)
        .select_related("treatment")
        .order_by("treatment__name")
    )
    people = (
        Professional.objects.filter(is_active=True)
        .prefetch_related(Prefetch("offered_treatments", offered))
        .order_by("last_name", "first_name", "id")
    )
    return {
        "professionals": [
            {
                "name": person.display_name,
                "specialty": person.specialty,
                "treatments": [row.treatment.name for row in person.offered_treatments.all()],
                "hours": hours_words(person.working_hours),
            }
            for person in people
        ]
    }


@tool(ListServices)
def list_services(_desk: Desk, _args: ListServices) -> Outcome:
    return {
        "services": services(),
        "insurers": list(
            Insurer.objects.filter(is_active=True).order_by("name").values_list("name", flat=True)
        ),
    }


def services() -> list[dict[str, Any]]:
    """Return the active services as the model is told of them."""
    found = Treatment.objects.filter(is_active=True).order_by("name")
    return [{"code": one.code, "name": one.name, "minutes": one.minutes} for one in found]


def hours_words(working_hours: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Write working hours by weekday; a day without hours is left out."""
    return {
        weekday: ", ".join(f"{block['start']}-{block['end']}" for block in blocks)
        for day, weekday in enumerate(WEEKDAYS)
        if (blocks := working_hours.get(str(day)))
    }
