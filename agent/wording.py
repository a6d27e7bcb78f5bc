"""Days, hours and appointments as a receptionist of Argentina writes them."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

from clinics.models import AppointmentStatus
from dentalogic.core.tenancy import current_scope

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
FACTS = {
    "full_name": "nombre y apellido",
    "dni": "DNI",
    "insurance": "obra social (o si es particular)",
    "phone": "teléfono",
    "birth_date": "fecha de nacimiento",
}
REASONS = {
    "holiday": "es feriado",
    "closed": "la clínica no atiende",
    "absence": "el profesional no está",
    "break": "es el horario de descanso",
    "horizon": "la agenda todavía no está abierta",
    "notice": "es demasiado pronto",
    "taken": "los horarios están ocupados",
    "external": "el profesional tiene otros compromisos",
    "urgent_only": "lo que queda está reservado para urgencias",
    "too_short": "los huecos que quedan son cortos para ese tratamiento",
    "not_trusted": "la agenda no se puede ver en este momento",
}
_NAME_MARKS = frozenset(" '’-.")


def zone() -> ZoneInfo:
    """Return the zone of the clinic in scope."""
    return ZoneInfo(current_scope().timezone)


def local(moment: datetime) -> datetime:
    """Return the moment on the clinic's wall clock."""
    return moment.astimezone(zone())


def day_words(moment: datetime) -> str:
    """Write a day: "martes 24 de noviembre"."""
    at = local(moment)
    return f"{WEEKDAYS[at.weekday()]} {at.day} de {MONTHS[at.month - 1]}"


def clock_words(moment: datetime) -> str:
    """Write a time of day: "14:00"."""
    return f"{local(moment):%H:%M}"


def visit_words(starts_at: datetime, professional: str) -> str:
    """Write a visit: "martes 24 de noviembre, 14:00, con Dra. María Elena Ruiz"."""
    return f"{day_words(starts_at)}, {clock_words(starts_at)}, con {professional}"


def status_words(status: str) -> str:
    """Write a state of an appointment: "agendado"."""
    return str(AppointmentStatus(status).label).lower()


def listed(words: list[str]) -> str:
    """Write a list as it is spoken: "DNI, teléfono y obra social"."""
    return (
        words[0] if len(words) == 1 else f"{', '.join(words[:-1])} y {words[-1]}" if words else ""
    )


def facts_words(fields: list[str]) -> str:
    return listed([FACTS.get(field, field) for field in fields])


def reason_words(codes: list[str]) -> str:
    """Say why a window holds nothing, in one sentence; empty without a known reason."""
    known = [REASONS[code] for code in codes if code in REASONS]
    return f"No hay lugar porque {listed(known)}." if known else ""


def bare_name(name: str, length: int = 80) -> str:
    """Return only what a name is made of: a prompt must not carry instructions inside one."""
    kept = "".join(
        char if unicodedata.category(char)[0] in "LM" or char in _NAME_MARKS else " "
        for char in name[: length * 4]
    )
    return " ".join(kept.split())[:length].strip()
