"""Handing the conversation to a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from agent import wording
from agent.tools.calling import Desk, Outcome, ToolArgs, Words, tool
from dentalogic.core import clock


class Derivhumano(ToolArgs):
    """Pasar la conversación a una persona del equipo: si el paciente lo pide, si reclama, o si hace
    falta algo que las herramientas no hacen. Después de usarla, avisá en una frase y terminá."""

    reason: Annotated[Words, Field(description="El motivo, en pocas palabras.")]


@tool(Derivhumano)
def derivhumano(desk: Desk, _args: Derivhumano) -> Outcome:
    until = clock.now() + timedelta(hours=desk.clinic.preferences.silence_hours)
    return {"until": wording.local(until).isoformat(timespec="minutes")}
