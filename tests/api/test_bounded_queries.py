"""No list asks more of the database for more rows, and none asks much."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.walls.conftest import worlds
from tests.walls.prover_attempts import Trials
from tests.walls.prover_callers import CALLERS
from tests.walls.prover_judging import undone
from tests.walls.prover_table import read_table
from tests.walls.prover_world import World

assert worlds  # a fixture

MOST = 8
# That charts were seen is noted, all at once; the first row may be of none.
NOTED = {"/api/v1/audit/": 2}
ROLES = ("ceo", "professional")


def test_no_list_asks_more_for_more_rows(worlds: tuple[World, World]) -> None:
    own, foreign = worlds
    callers = [CALLERS[role](own, foreign) for role in ROLES]
    findings, lists = [], 0
    for row in read_table():
        if row.method != "GET" or not row.route.startswith("/api/v1/"):
            continue
        for caller in callers:
            url = Trials(caller, own, foreign).control(row).url
            counted = {}
            for limit in (1, 200):
                further = f"{url}{'&' if '?' in url else '?'}limit={limit}"
                with undone(), CaptureQueriesContext(connection) as seen:
                    response = caller.ask("GET", further, None)
                counted[limit] = len(seen)
            # Before anything else: some answers are no JSON.
            if response.headers.get("Content-Type") != "application/json":
                continue
            if response.status_code != 200 or "results" not in response.json():
                continue
            lists += 1
            if max(counted.values()) > MOST or counted[200] > counted[1] + NOTED.get(row.route, 0):
                findings.append(f"{caller.name} {row}: {counted}")
    assert not findings, "\n".join(findings)
    assert lists > 40
