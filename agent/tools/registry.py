"""The closed list of what the model may call, and the call itself: nothing escapes from it."""

from __future__ import annotations

import json
import traceback
from functools import lru_cache
from typing import Any

import structlog
from django.utils.module_loading import import_string
from pydantic import ValidationError

from agent.llm import MOST_ARGUMENTS
from agent.tools.calling import Desk, Outcome, Tool
from dentalogic.core.errors import DomainError

log = structlog.get_logger(__name__)

# name -> where the tool is. Strings, so that the list is read at a glance and nothing registers
# itself by being imported.
TOOLS = {
    "list_professionals": "agent.tools.catalogue.list_professionals",
    "list_services": "agent.tools.catalogue.list_services",
    "check_availability": "agent.tools.availability.check_availability",
    "record_patient_facts": "agent.tools.people.record_patient_facts",
    "book_appointment": "agent.tools.booking.book_appointment",
    "list_my_appointments": "agent.tools.visits.list_my_appointments",
    "cancel_appointment": "agent.tools.visits.cancel_appointment",
    "reschedule_appointment": "agent.tools.visits.reschedule_appointment",
    "derivhumano": "agent.tools.handoff.derivhumano",
}


@lru_cache(maxsize=len(TOOLS))
def find_tool(name: str) -> Tool:
    """Return a tool of the list; KeyError for anything else."""
    found = import_string(TOOLS[name])
    assert isinstance(found, Tool)
    return found


def specs() -> list[dict[str, Any]]:
    """Return what the model is told about the tools."""
    return [find_tool(name).spec for name in TOOLS]


def call(desk: Desk, name: str, arguments: str) -> Outcome:
    """Run one tool call and answer with an object, whatever the model sent.

    The model can act on a refusal, so refusals are answers. It can't act on a defect: that is
    logged by its kind and place (the message may quote a patient) and is `unavailable`.
    """
    if name not in TOOLS:
        return _refused("unknown_tool", "Esa herramienta no existe.", tools=sorted(TOOLS))
    if len(arguments) > MOST_ARGUMENTS:
        return _refused("bad_arguments", "Los argumentos son demasiado largos.", fields=[])
    tool = find_tool(name)
    try:
        result = tool.run(desk, tool.args.model_validate_json(arguments or "{}"))
    except ValidationError as error:
        # Places only: an unknown argument's name is the model's own text.
        known = set(tool.args.model_fields)
        places = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
        return _refused(
            "bad_arguments",
            "Los argumentos no son válidos: revisá el esquema de la herramienta.",
            fields=sorted(places & known),
        )
    except DomainError as error:
        return error.details | _refused(error.code, error.message)
    except Exception as error:  # a defect is the turn's, not the patient's
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "tool failed",
            tool=name,
            error=type(error).__name__,
            place=f"{place.filename}:{place.lineno}",
            conversation=str(desk.context.conversation_id),
        )
        return _refused("unavailable", "No se pudo hacer en este momento; no se cambió nada.")
    return {"ok": True} | result


def _refused(code: str, message: str, **details: Any) -> Outcome:
    return {"ok": False, "error": code, "message": message} | details


def rendered(result: Outcome) -> str:
    """Write a result as the model reads it."""
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))
