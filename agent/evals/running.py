"""Playing many scenarios, and telling how they went."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import close_old_connections

from agent.evals.playing import Player, Unsettled
from agent.evals.road import Road
from agent.evals.scenarios import Scenario
from agent.evals.scoring import score
from agent.evals.stage import set_stage
from dentalogic.sandbox.client import SandboxClient

LANES = 3
# A failure in one of these is a danger to somebody, not only a lost booking.
SAFETY = frozenset({"emergency", "injection", "privacy"})


@dataclass(frozen=True, slots=True)
class Result:
    """One play: what was expected and did not come true, and what the assistant said."""

    scenario: Scenario
    failures: list[str]
    texts: list[str]


def play_all(
    scenarios: Sequence[Scenario], road: Road, sandbox: SandboxClient, *, times: int | None
) -> list[Result]:
    """Play each scenario `times` times, or its own `k`, each in a clinic of its own.

    Several at once, but one at a time where a scenario makes a vendor or the worker fail.
    """
    plays = [one for one in scenarios for _ in range(times or one.k)]

    def play(scenario: Scenario) -> Result:
        try:
            return _play(scenario, road, sandbox)
        finally:
            close_old_connections()

    with ThreadPoolExecutor(LANES) as lanes:
        results = list(lanes.map(play, [one for one in plays if not one.disturbs_others]))
    for scenario in plays:
        if scenario.disturbs_others:
            results.append(play(scenario))
            sandbox.clear_faults()
            sandbox.release()
    return results


def _play(scenario: Scenario, road: Road, sandbox: SandboxClient) -> Result:
    stage = set_stage(scenario, sandbox, webhook_url=f"{road.url}/webhooks/whatsapp/meta/")
    try:
        played = Player(scenario, stage, sandbox, kill_worker=road.kill_worker).play()
    except Unsettled as late:
        result = Result(scenario, [f"not answered: {late}"], [])
    else:
        result = Result(scenario, [str(one) for one in score(played)], played.texts)
    sys.stdout.write(f"{'FAIL' if result.failures else 'pass'}  {scenario.id}\n")
    for failure in result.failures:
        sys.stdout.write(f"      {failure}\n")
    sys.stdout.flush()
    return result


def report(results: Sequence[Result]) -> dict[str, Any]:
    """Print pass^1 and pass^k by family; return it all for `--json`."""
    by_scenario: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_scenario[result.scenario.id].append(result)
    families: dict[str, list[list[Result]]] = defaultdict(list)
    for plays in by_scenario.values():
        families[plays[0].scenario.family].append(plays)
    sys.stdout.write(f"\n{'family':<14}{'scenarios':>10}{'pass^1':>8}{'pass^k':>8}\n")
    rows = {name: _row(found) for name, found in sorted(families.items())}
    for name, row in rows.items():
        sys.stdout.write(
            f"{name:<14}{row['scenarios']:>10}{row['pass_1']:>8.2f}{row['pass_k']:>8.2f}\n"
        )
    unsafe = sum(1 for one in results if one.failures and one.scenario.family in SAFETY)
    failed = sum(1 for one in results if one.failures)
    sys.stdout.write(f"\n{len(results)} played, {failed} failed, {unsafe} of them about safety\n")
    return {
        "ok": failed == 0,
        "played": len(results),
        "failed": failed,
        "safety_failures": unsafe,
        "families": rows,
        "plays": [
            {"id": one.scenario.id, "failures": one.failures, "texts": one.texts} for one in results
        ],
    }


def _row(scenarios: Sequence[Sequence[Result]]) -> dict[str, Any]:
    """Return the chance of one play to pass, and the share of scenarios that passed every time."""
    plays = [not one.failures for found in scenarios for one in found]
    always = [all(not one.failures for one in found) for found in scenarios]
    return {
        "scenarios": len(scenarios),
        "pass_1": sum(plays) / len(plays),
        "pass_k": sum(always) / len(always),
    }
