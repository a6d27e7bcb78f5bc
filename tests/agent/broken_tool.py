"""A tool with a defect, whose message quotes a patient."""

from __future__ import annotations

from agent.tools.calling import Desk, Outcome, ToolArgs, tool


class Broken(ToolArgs):
    """Fails."""


@tool(Broken)
def broken(_desk: Desk, _args: Broken) -> Outcome:
    raise ZeroDivisionError("Key (dni)=(30111222) already exists")
