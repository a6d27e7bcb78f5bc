"""A small clinic behind the tools, and a conversation between a patient and the receptionist."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dentalogic.sandbox.patient import Patient
from dentalogic.sandbox.receptionist import reply
from dentalogic.sandbox.receptionist.text import fold

WEEKDAYS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
TOOL_NAMES = [
    "list_professionals",
    "list_services",
    "check_availability",
    "record_patient_facts",
    "book_appointment",
    "list_my_appointments",
    "cancel_appointment",
    "reschedule_appointment",
    "derivhumano",
]
SERVICES = {
    "consulta": ("Consulta", ["ruiz", "gomez"]),
    "limpieza": ("Limpieza dental", ["ruiz"]),
    "caries": ("Arreglo de caries", ["ruiz", "gomez"]),
    "endodoncia": ("Tratamiento de conducto", ["gomez"]),
    "extraccion": ("Extracción", ["gomez"]),
    "blanqueamiento": ("Blanqueamiento", ["ruiz"]),
    "urgencia": ("Urgencia", ["ruiz", "gomez"]),
}
PEOPLE = {"ruiz": "Dra. María Elena Ruiz", "gomez": "Dr. Julián Gómez Peña"}
OPEN = {
    "ruiz": {0: "09-18", 1: "09-18", 2: "09-13", 3: "09-18", 4: "09-15"},
    "gomez": {0: "12-20", 2: "12-20", 3: "12-20", 4: "08-14", 5: "09-13"},
}


def offered(*names: str) -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": name}} for name in names or TOOL_NAMES]


CLOCK = datetime.fromisoformat("2026-11-23T09:00:00-03:00")


@dataclass
class World:
    """The tools' answers for one conversation; holds what was booked and recorded."""

    now: datetime = CLOCK
    active: bool = False
    busy: set[str] = field(default_factory=set)
    requests_only: bool = False
    stolen: set[str] = field(default_factory=set)
    appointments: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str | None, dict[str, str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    subject: str | None = None
    handed_off: bool = False

    def run(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, args))
        handler = getattr(self, f"_{name}")
        result: dict[str, Any] = handler(**args)
        return result

    def _list_professionals(self) -> dict[str, Any]:
        return {
            "ok": True,
            "professionals": [
                {"name": name, "treatments": ["Consulta"], "hours": {"lunes": "09:00-13:00"}}
                for name in PEOPLE.values()
            ],
        }

    def _list_services(self) -> dict[str, Any]:
        services = [{"code": code, "name": name} for code, (name, _) in SERVICES.items()]
        return {"ok": True, "services": services, "insurers": ["OSDE", "Swiss Medical", "PAMI"]}

    def _check_availability(
        self,
        service: str,
        when: str,
        professional: str | None = None,
        *,
        for_urgency: bool = False,
        reschedules: str | None = None,
    ) -> dict[str, Any]:
        del reschedules
        code = next(
            (key for key, (name, _) in SERVICES.items() if fold(service) in {key, fold(name)}), None
        )
        if code is None:
            return {"ok": False, "error": "unknown_service", "services": self._names()}
        if code == "urgencia" and for_urgency:
            return {"ok": False, "error": "triage_required", "message": "…"}
        people = SERVICES[code][1]
        if professional:
            people = [
                key
                for key in people
                if fold(PEOPLE[key].split()[-2]) in fold(professional)
                or fold(PEOPLE[key].split()[-1]) in fold(professional)
            ]
            if not people:
                return {
                    "ok": False,
                    "error": "unknown_professional",
                    "professionals": [{"name": name} for name in PEOPLE.values()],
                }
        window = self._window(when)
        if window is None:
            return {"ok": False, "error": "unclear_date", "message": "…"}
        slots = self._free(people, code, *window)
        if slots:
            return {"ok": True, "slots": slots[:3]}
        wide = self._free(people, code, self.now, self.now + timedelta(days=9))
        return {"ok": True, "slots": [], "reasons": ["taken"], "alternatives": wide[:3]}

    def _names(self) -> list[str]:
        return [name for name, _ in SERVICES.values()]

    def _window(self, when: str) -> tuple[datetime, datetime] | None:
        folded = fold(when)
        midnight = self.now.replace(hour=0, minute=0)
        if folded == "lo antes posible":
            return self.now, self.now + timedelta(days=9)
        days = [n for n, day in enumerate(WEEKDAYS) if fold(day) in folded]
        if days:
            ahead = (days[0] - self.now.weekday()) % 7 or 7
        elif "manana" in folded.replace("la manana", ""):
            ahead = 1
        else:
            return None
        start = midnight + timedelta(days=ahead)
        from_hour, to_hour = 0, 24
        if "tarde" in folded or "despues de las 2" in folded:
            from_hour = 14
        elif "la manana" in folded:
            to_hour = 13
        return start + timedelta(hours=from_hour), start + timedelta(hours=to_hour)

    def _free(
        self, people: list[str], code: str, start: datetime, end: datetime
    ) -> list[dict[str, Any]]:
        found = []
        at = start.replace(minute=0) + timedelta(hours=1 if start == self.now else 0)
        while at < end:
            for key in people:
                hours = OPEN[key].get(at.weekday())
                moment = at.isoformat()
                if not hours or at.date() == self.now.date() or moment in self.stolen:
                    continue
                low, high = (int(part) for part in hours.split("-"))
                afternoon = f"{key}:{at.date()}:tarde"
                if low <= at.hour < high and not (afternoon in self.busy and at.hour >= 14):
                    found.append(self._slot(key, code, at))
            at += timedelta(minutes=30)
        return found

    def _slot(self, key: str, code: str, at: datetime) -> dict[str, Any]:
        for slot in self.slots.values():
            if slot["at"] == at.isoformat() and slot["professional"] == PEOPLE[key]:
                return slot
        ref = f"S{len(self.slots) + 1}"
        day = WEEKDAYS[at.weekday()]
        self.slots[ref] = {
            "ref": ref,
            "kind": "request" if self.requests_only else "slot",
            "professional": PEOPLE[key],
            "date": at.date().isoformat(),
            "weekday": day,
            "time": f"{at:%H:%M}",
            "text": f"{day} {at.day} de noviembre, {at:%H:%M}, con {PEOPLE[key]}",
            "at": at.isoformat(),
            "service": code,
        }
        return self.slots[ref]

    def _record_patient_facts(self, for_whom: str | None = None, **facts: str) -> dict[str, Any]:
        told = fold("\n".join(self.said))
        invented = [key for key, value in facts.items() if fold(value) not in told]
        if invented:
            return {"ok": False, "error": "not_in_messages", "fields": invented}
        if "full_name" in facts and " " not in facts["full_name"]:
            return {"ok": False, "error": "invalid_fact", "fields": ["full_name"]}
        self.subject = for_whom
        self.facts.setdefault(for_whom, {}).update(facts)
        return {"ok": True, "recorded": list(facts), "missing": self._missing(), "patient": "P1"}

    def _missing(self) -> list[str]:
        if self.subject is None and self.active:
            return []
        known = self.facts.get(self.subject, {})
        return [key for key in ("full_name", "dni", "insurance") if key not in known]

    def _book_appointment(self, slot: str) -> dict[str, Any]:
        chosen = self.slots.get(slot)
        if chosen is None:
            return {"ok": False, "error": "unknown_slot"}
        if chosen["at"] in self.stolen:
            return {"ok": False, "error": "slot_taken", "alternatives": self._others(chosen)}
        missing = self._missing()
        if missing:
            return {
                "ok": False,
                "error": "facts_missing",
                "missing": missing,
                "held_until": "09:10",
            }
        status = "pending_confirmation" if self.requests_only else "scheduled"
        self.appointments.append({**chosen, "ref": "A1", "status": status, "for": self.subject})
        return {"ok": True, "status": status, "appointment": "A1", "text": chosen["text"]}

    def _others(self, chosen: dict[str, Any]) -> list[dict[str, Any]]:
        at = datetime.fromisoformat(chosen["at"])
        key = next(key for key, name in PEOPLE.items() if name == chosen["professional"])
        return self._free([key], chosen["service"], at, at + timedelta(days=7))[:3]

    def _list_my_appointments(self) -> dict[str, Any]:
        live = [item for item in self.appointments if item["status"] == "scheduled"]
        return {"ok": True, "appointments": live}

    def _find(self, ref: str) -> dict[str, Any] | None:
        return next((item for item in self.appointments if item["ref"] == ref), None)

    def _cancel_appointment(
        self, appointment: str, *, confirmed: bool, reason: str | None = None
    ) -> dict[str, Any]:
        del reason
        found = self._find(appointment)
        if found is None:
            return {"ok": False, "error": "unknown_appointment"}
        if not confirmed:
            return {"ok": False, "error": "needs_confirmation", "text": found["text"]}
        found["status"] = "cancelled"
        return {"ok": True, "text": found["text"]}

    def _reschedule_appointment(
        self, appointment: str, slot: str, *, confirmed: bool
    ) -> dict[str, Any]:
        found, chosen = self._find(appointment), self.slots.get(slot)
        if found is None or chosen is None:
            return {"ok": False, "error": "unknown_appointment"}
        if not confirmed:
            return {"ok": False, "error": "needs_confirmation", "text": chosen["text"]}
        found.update({key: chosen[key] for key in ("date", "time", "text", "at")})
        return {"ok": True, "text": chosen["text"]}

    def _derivhumano(self, reason: str) -> dict[str, Any]:
        assert reason
        self.handed_off = True
        return {"ok": True, "until": "2026-11-24T09:00:00-03:00"}

    def _triage_urgency(self, level: str = "high", **_rest: str) -> dict[str, Any]:
        return {"ok": True, "level": level}


@dataclass
class Talk:
    """A conversation: the messages as the product would send them, and what was said."""

    world: World = field(default_factory=World)
    tools: list[dict[str, Any]] = field(default_factory=offered)
    messages: list[dict[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        system = (
            f"Clínica: Clínica Dental Sonrisas\nFecha y hora: {self.world.now.isoformat()} (lunes)"
        )
        self.messages.append({"role": "system", "content": system})

    def hear(self, *burst: str) -> str:
        """Let the patient write, and run the turn to its text."""
        self.world.said += burst
        self.messages += [{"role": "user", "content": text} for text in burst]
        for _ in range(8):
            answer = reply(self.messages, self.tools)
            self.messages.append(answer)
            if not answer["tool_calls"]:
                text: str = answer["content"]
                self.texts.append(text)
                return text
            for call in answer["tool_calls"]:
                args = json.loads(call["function"]["arguments"])
                result = self.world.run(call["function"]["name"], args)
                self.messages.append(
                    {
                        "role": "tool",
                        "tool_call_id": call["id"],
                        "content": json.dumps(result, ensure_ascii=False),
                    }
                )
        raise AssertionError(f"no text after eight calls: {self.world.calls}")

    def play(self, patient: Patient, turns: int = 12) -> None:
        """Play the patient until there is nothing more to answer."""
        said: str | None = self.hear(*patient.opening)
        for _ in range(turns):
            answer = patient.answer(said or "")
            if answer is None or self.world.handed_off:
                return
            said = self.hear(answer)

    @property
    def transcript(self) -> str:
        return "\n".join(self.texts)

    def called(self, name: str) -> list[dict[str, Any]]:
        return [args for called, args in self.world.calls if called == name]

    def never_said(self, pattern: str) -> bool:
        return re.search(pattern, self.transcript) is None
