"""What the tests of faults tell: a known patient who asks for a time and takes the first one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from agent.evals.scenarios import Scenario
from agent.evals.stage import Stage
from clinics.models import Appointment
from dentalogic.core.tenancy import clinic_scope
from whatsapp import envelope
from whatsapp.models import Author, InboxItem, Message

ANA = "+5491155550002"
SOON = 40.0


def story(*opening: str, **more: Any) -> Scenario:
    """Return a scenario in which Ana, whom the clinic knows, writes."""
    return Scenario.model_validate(
        {
            "id": "a-fault",
            "family": "faults",
            "clock": "2026-11-23T09:00:00-03:00",
            "seed": {
                "patients": [
                    {
                        "key": "ana",
                        "name": ("Ana", "Pérez"),
                        "dni": "30111222",
                        "insurance": "OSDE",
                        "phone": ANA,
                    }
                ]
            },
            "patient": {
                "phone": ANA,
                "profile_name": "Ana",
                "opening": list(opening) or ["hola, una limpieza el jueves a la mañana"],
                "knows": {"slot": "first"},
            },
            "expect": {},
        }
        | more
    )


def wait_for(condition: Callable[[], Any], what: str, *, seconds: float = SOON) -> Any:
    """Ask until the answer is true, and return it; fail by name when the time is up."""
    until = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < until, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.02)
    return answer


def received(stage: Stage) -> int:
    """Return how many items the clinic's inbox has taken."""
    with clinic_scope(stage.clinic):
        return InboxItem.objects.filter(kind=envelope.MESSAGE).count()


def messages(stage: Stage, author: Author) -> list[Message]:
    with clinic_scope(stage.clinic):
        return list(Message.objects.filter(author=author).order_by("position"))


def bookings(stage: Stage) -> list[Appointment]:
    with clinic_scope(stage.clinic):
        return list(Appointment.objects.all())
