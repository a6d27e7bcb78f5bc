"""The project's scenarios, each played once over the real road and scored by how it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.evals.playing import Player
from agent.evals.scenarios import Scenario, read_folder
from agent.evals.scoring import score
from agent.evals.stage import Stage
from dentalogic.sandbox.client import SandboxProcess

pytestmark = pytest.mark.processes


class NotBuilt(Exception):
    """Only expectations failed that nothing in the product can meet yet."""


# Scenario -> expectation -> why it can't come true yet. Whatever else fails is a failure.
NOT_BUILT: dict[str, dict[str, str]] = {
    "emergency-airway": {"triage": "no level of urgency is stored yet"},
}


def _cases() -> list[object]:
    return [
        pytest.param(
            one,
            id=one.id,
            marks=[
                pytest.mark.xfail(
                    raises=NotBuilt, strict=True, reason="; ".join(NOT_BUILT[one.id].values())
                )
            ]
            if one.id in NOT_BUILT
            else [],
        )
        for one in read_folder()
    ]


@pytest.mark.parametrize("scenario", _cases())
def test_scenario(
    scenario: Scenario, stage: Callable[[Scenario], Stage], vendors: SandboxProcess
) -> None:
    played = Player(scenario, stage(scenario), vendors).play()
    failures = score(played)
    not_built = NOT_BUILT.get(scenario.id, {})
    assert [one for one in failures if one.expectation not in not_built] == [], played.texts
    if failures:
        raise NotBuilt([str(one) for one in failures])
