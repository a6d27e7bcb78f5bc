"""Good requests of the reception: absences, who has to be moved, who waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.fixtures.clinics import tomorrow

if TYPE_CHECKING:
    from tests.walls.prover_attempts import Trials

_V1 = "/api/v1"
_ENTRY = f"{_V1}/waiting-list/<uuid:row_id>"


def _waiting(trials: Trials) -> dict[str, Any]:
    own = trials.own.ids
    return {"patient": str(own["patient.child"]), "treatment": str(own["treatment"])}


def _time(trials: Trials) -> dict[str, Any]:
    return {
        "version": 1,
        "professional": str(trials.own.ids["professional.mine"]),
        "starts_at": tomorrow(10).isoformat(),
    }


RECEPTION: dict[str, Callable[[Trials], dict[str, Any]]] = {
    f"PATCH {_V1}/professionals/<uuid:row_id>/absences/<uuid:absence_id>/": lambda _: {
        "reason": "Congreso"
    },
    f"PATCH {_V1}/closures/<uuid:row_id>/": lambda _: {"name": "Obra"},
    f"POST {_V1}/move-requests/tell/": lambda trials: {"ids": [str(trials.own.ids["moverequest"])]},
    f"POST {_V1}/waiting-list/": _waiting,
    f"GET {_V1}/waiting-list/candidates/": lambda _: {
        "from": tomorrow(9).isoformat(),
        "to": tomorrow(12).isoformat(),
    },
    f"POST {_ENTRY}/withdraw/": lambda _: {"version": 1},
    f"POST {_ENTRY}/offer/": _time,
    f"POST {_ENTRY}/book/": _time,
}
