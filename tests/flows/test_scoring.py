"""A scorer that finds nothing proves nothing: a play that ends well, held against wrong wishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.evals.playing import Player
from agent.evals.scenarios import FOLDER, Expect, Scenario, read_scenario
from agent.evals.scoring import score
from agent.evals.stage import Stage
from clinics.models import Patient
from dentalogic.core.tenancy import clinic_scope
from dentalogic.sandbox.client import SandboxProcess

pytestmark = pytest.mark.processes

VISIT = {"phone": "+5491155550002", "treatment": "limpieza", "on": "2026-11-26"}
WRONG: list[dict[str, Any]] = [
    {"appointments": []},
    {"appointments": [VISIT, VISIT]},
    {"appointments": [VISIT | {"on": "2026-11-27"}]},
    {"appointments": [VISIT | {"after": "12:00"}]},
    {"appointments": [VISIT | {"before": "09:15"}]},
    {"appointments": [VISIT | {"professional": "gomez"}]},
    {"appointments": [VISIT | {"status": "cancelled"}]},
    {"appointments": [VISIT | {"phone": "+5491155550099"}]},
    {"appointments": [{"patient": "Tomás Pérez"}]},
    {"appointments_status_in": ["pending_confirmation"]},
    {"appointments_none_between": ["2026-11-26T09:00", "2026-11-26T13:00"]},
    {"patient": {"status": "guest"}},
    {"patient": {"dni": "30111223"}},
    {"facts_from_messages": ["dni"]},
    {"triage": {"level": "emergency"}},
    {"handoff": True},
    {"events": ["HUMAN_HANDOFF"]},
    {"said": ["(?i)viernes 27"]},
    {"never_said": ["(?i)jueves"]},
    {"outgoing_at_most": 1},
    {"turns_for_opening_at_most": 0},
    {"patients_unchanged": ["ana"]},
    {"other_patients_unchanged": True},
]


def test_what_did_not_happen_is_found(
    stage: Callable[[Scenario], Stage], vendors: SandboxProcess
) -> None:
    scenario = read_scenario(FOLDER / "reschedule-own.yaml")
    other = {"key": "beto", "name": ("Beto", "Gil"), "status": "guest"}
    seed = scenario.seed.model_dump() | {
        "patients": [*scenario.seed.model_dump()["patients"], other]
    }
    scenario = Scenario.model_validate(scenario.model_dump() | {"seed": seed})
    there = stage(scenario)
    played = Player(scenario, there, vendors).play()
    assert score(played) == []
    with clinic_scope(there.clinic):
        Patient.objects.filter(first_name="Beto").update(dni="1")
    for wrong in WRONG:
        expect = Expect.model_validate(wrong)
        failures = score(replace(played, scenario=scenario.model_copy(update={"expect": expect})))
        assert {one.expectation for one in failures} == set(wrong), wrong
