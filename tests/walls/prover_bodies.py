"""Good requests about one's own rows, which the prover then spoils with somebody else's ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile

from dentalogic.core.clock import real_now
from tests.fixtures.clinics import tomorrow
from tests.fixtures.template import PASSWORD
from tests.walls.prover_reception import RECEPTION

if TYPE_CHECKING:
    from tests.walls.prover_attempts import Trials


def _wanted(trials: Trials) -> dict[str, Any]:
    own = trials.own.ids
    return {
        "patient": str(own["patient"]),
        "professional": str(own["professional.mine"]),
        "treatment": str(own["treatment"]),
        "chair": str(own["chair"]),
        "starts_at": tomorrow(10).isoformat(),
    }


def _person(trials: Trials) -> dict[str, Any]:
    return {
        "first_name": "Eva",
        "last_name": "Sosa",
        "dni": "20333444",
        "phone": "+5491144445555",
        "insurance": f"{trials.own.word} salud",
    }


def _professional_change(trials: Trials) -> dict[str, Any]:
    change: dict[str, Any] = {"version": 1, "working_hours": {"0": []}}
    if trials.caller.column == "ceo":
        change["treatments"] = [str(trials.own.ids["treatment"])]
    return change


def _new_professional(trials: Trials) -> dict[str, Any]:
    return {
        "first_name": "Ada",
        "last_name": "Paz",
        "user_id": str(trials.own.ids["user.secretary"]),
        "treatments": [str(trials.own.ids["treatment"])],
    }


def _window(trials: Trials) -> dict[str, Any]:
    return {
        "treatment": trials.own.ids["treatment"],
        "from": tomorrow(9).isoformat(),
        "to": tomorrow(12).isoformat(),
    }


def _credentials(trials: Trials) -> dict[str, Any]:
    schema = trials.foreign.clinic.schema_name
    return {"email": f"ceo@{schema}.test", "password": "otra-clave-cualquiera-9"}


def _step(trials: Trials) -> dict[str, Any]:
    return {"version": 1}


_ABSENCE = {"starts_at": tomorrow(60).isoformat(), "ends_at": tomorrow(61).isoformat()}
_V1 = "/api/v1"
_PLAN = f"{_V1}/plans/<uuid:row_id>"
_STEPS = ("confirm", "cancel", "arrive", "seat", "complete", "no-show")

GIVEN: dict[str, Callable[[Trials], dict[str, Any]]] = {
    **RECEPTION,
    **{f"POST {_V1}/appointments/<uuid:row_id>/{one}/": _step for one in _STEPS},
    f"POST {_V1}/auth/password/": lambda _: {
        "current_password": PASSWORD,
        "new_password": "otra-clave-cualquiera-9",
    },
    f"POST {_V1}/appointments/<uuid:row_id>/undo/": lambda _: {"version": 1, "reason": "error"},
    f"POST {_V1}/appointments/<uuid:row_id>/reschedule/": lambda trials: {
        "version": 1,
        "starts_at": tomorrow(10).isoformat(),
        "professional": str(trials.own.ids["professional.mine"]),
    },
    f"POST {_V1}/appointments/": _wanted,
    f"GET {_V1}/availability/": _window,
    f"POST {_V1}/patients/": _person,
    f"PATCH {_V1}/patients/<uuid:row_id>/": lambda _: {"version": 1, "last_name": "Sosa"},
    f"POST {_V1}/patients/import/": lambda _: {
        "file": SimpleUploadedFile("pacientes.csv", b"nombre;apellido\nEva;Sosa\n")
    },
    f"POST {_V1}/patients/<uuid:row_id>/guardians/": lambda trials: {
        "guardian": str(trials.own.ids["patient"])
    },
    f"POST {_V1}/patients/<uuid:row_id>/dependants/": lambda trials: {
        "dependant": str(trials.own.ids["patient.child"])
    },
    f"POST {_V1}/patients/<uuid:row_id>/merge/": lambda trials: {
        "into": str(trials.own.ids["patient.other"]),
        "version": 1,
        "into_version": 1,
    },
    f"POST {_V1}/patients/<uuid:row_id>/not-duplicate/": lambda _: {"version": 1},
    f"POST {_V1}/professionals/": _new_professional,
    f"PATCH {_V1}/professionals/<uuid:row_id>/": _professional_change,
    f"POST {_V1}/professionals/<uuid:row_id>/absences/": lambda _: dict(_ABSENCE),
    f"POST {_V1}/treatments/": lambda _: {"code": "nuevo", "name": "Nuevo", "minutes": 30},
    f"PATCH {_V1}/treatments/<uuid:row_id>/": lambda _: {"version": 1, "minutes": 45},
    f"POST {_V1}/insurers/": lambda _: {"name": "Nueva"},
    f"PATCH {_V1}/insurers/<uuid:row_id>/": lambda _: {"name": "Otra"},
    f"POST {_V1}/closures/": lambda _: {
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-01",
        "name": "Obra",
    },
    f"POST {_V1}/insurers/<uuid:row_id>/plans/": lambda _: {"name": "Nuevo"},
    f"PATCH {_V1}/insurers/<uuid:row_id>/plans/<uuid:plan_id>/": lambda _: {"name": "Otro"},
    f"POST {_V1}/coverages/": lambda trials: {"insurer": str(trials.own.ids["insurer"])},
    f"PATCH {_V1}/coverages/<uuid:row_id>/": lambda _: {"version": 1, "accepted": False},
    f"GET {_V1}/coverages/terms/": lambda trials: {
        "insurer": trials.own.ids["insurer"],
        "plan": trials.own.ids["insurerplan"],
        "treatment": trials.own.ids["treatment"],
    },
    f"POST {_V1}/plans/": lambda trials: {
        "patient": str(trials.own.ids["patient"]),
        "professional": str(trials.own.ids["professional.mine"]),
        "title": "Nuevo",
    },
    f"PATCH {_PLAN}/": lambda _: {"version": 1, "title": "Otro"},
    f"POST {_PLAN}/propose/": _step,
    f"POST {_PLAN}/approve/": lambda _: {"version": 1, "note": "firmado"},
    f"POST {_PLAN}/reject/": _step,
    f"POST {_PLAN}/cancel/": lambda _: {"version": 1, "reason": "error"},
    f"POST {_PLAN}/items/": lambda trials: {
        "version": 1,
        "treatment": str(trials.own.ids["treatment"]),
    },
    f"PATCH {_PLAN}/items/<uuid:item_id>/": lambda _: {"version": 1, "price": "10"},
    f"DELETE {_PLAN}/items/<uuid:item_id>/": _step,
    f"POST {_PLAN}/items/<uuid:item_id>/book/": lambda _: {
        "version": 1,
        "starts_at": tomorrow(10).isoformat(),
    },
    f"POST {_PLAN}/items/<uuid:item_id>/done/": _step,
    f"POST {_V1}/transactions/": lambda _: {"kind": "income", "method": "cash", "amount": "1"},
    f"POST {_V1}/transactions/<uuid:row_id>/reverse/": lambda _: {"reason": "error"},
    f"POST {_V1}/cash-flow/<str:day>/close/": lambda _: {"version": 1, "counted_cash": "0"},
    f"POST {_V1}/cash-flow/<str:day>/reopen/": lambda _: {"version": 1, "reason": "error"},
    f"POST {_V1}/patients/<uuid:patient_id>/records/": lambda _: {
        "kind": "evolution",
        "text": "Control",
    },
    f"POST {_V1}/patients/<uuid:patient_id>/records/<uuid:record_id>/addenda/": lambda _: {
        "text": "Aclaración"
    },
    f"POST {_V1}/patients/<uuid:patient_id>/records/<uuid:record_id>/attachments/": lambda _: {
        "file": SimpleUploadedFile("placa.png", b"\x89PNG\r\n\x1a\n0")
    },
    f"GET {_V1}/events/": lambda _: {"since": 1},
    f"POST {_V1}/consent-texts/": lambda _: {"kind": "images", "text": "Acepto."},
    f"POST {_V1}/patients/<uuid:row_id>/consents/": lambda trials: {
        "text": str(trials.own.ids["consenttext"]),
        "how": "papel",
    },
    f"POST {_V1}/patients/<uuid:row_id>/privacy-requests/": lambda _: {"kind": "access"},
    f"POST {_V1}/breaches/": lambda _: {
        "found_at": "2026-11-01T10:00:00-03:00",
        "description": "Se perdió una computadora",
        "affected": "nadie",
    },
    f"POST {_V1}/auth/register/": lambda trials: {
        "email": f"nueva-{real_now().timestamp()}@nowhere.test",
        "password": "otra-clave-cualquiera-9",
        "first_name": "Nueva",
        "last_name": "Persona",
        "role": "secretary",
        "clinic": trials.own.clinic.schema_name,
    },
    f"POST {_V1}/auth/login/": _credentials,
    f"POST {_V1}/auth/refresh/": lambda trials: {
        "refresh": trials.values("refresh", trials.own)[0]
    },
    f"POST {_V1}/auth/switch-clinic/": lambda trials: {"clinic": trials.own.clinic.schema_name},
    "POST /login/": _credentials,
    "POST /clinics/": lambda trials: {"clinic": trials.own.clinic.schema_name},
    "POST /admin/tenancy/membership/": lambda trials: {
        "action": "activate",
        "_selected_action": str(trials.own.ids["member.pending"]),
    },
    "GET /admin/autocomplete/": lambda _: {
        "app_label": "tenancy",
        "model_name": "membership",
        "field_name": "user",
    },
    "POST /admin/tenancy/clinic/<path:object_id>/change/": lambda trials: {
        "name": f"Clínica {trials.own.public_word} nueva",
        "language": "es",
        "calendar_provider": "local",
        "settings": "{}",
    },
}
