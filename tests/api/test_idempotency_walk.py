"""`Idempotency-Key` on every unsafe route: documented, and the same request twice is one effect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.documented import ENTRANCE, operations
from tests.fixtures.api import assert_problem
from tests.walls.conftest import worlds
from tests.walls.prover_attempts import Attempt, Trials
from tests.walls.prover_callers import CALLERS, Caller
from tests.walls.prover_fingerprint import fingerprint
from tests.walls.prover_judging import undone
from tests.walls.prover_table import Row, read_table
from tests.walls.prover_world import World

assert worlds  # a fixture

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
ROWS = [
    row
    for row in read_table()
    if row.method in UNSAFE
    and row.route.startswith("/api/v1/")
    and not row.route.startswith(ENTRANCE)
]
ROLES = ("ceo", "professional")
# Their own rows answer.
TRIED = {"own", "404"}


def test_every_unsafe_operation_documents_the_key() -> None:
    without = {
        one.name
        for one in operations()
        if one.unsafe
        and not one.path.startswith(ENTRANCE)
        and ("Idempotency-Key" not in one.headers or "422" not in one.described["responses"])
    }
    assert without == set()


def test_the_same_request_twice_is_one_effect(worlds: tuple[World, World]) -> None:
    own, foreign = worlds
    callers = [CALLERS[role](own, foreign) for role in ROLES]
    findings: list[str] = []
    for row in ROWS:
        able = [one for one in callers if row.verdicts[one.column] in TRIED]
        assert able, f"nobody can try {row}"
        findings += _twice(able[0], Trials(able[0], own, foreign), row, own)
    assert not findings, "\n".join(findings)


def _twice(caller: Caller, trials: Trials, row: Row, own: World) -> list[str]:
    """Send a good request twice and another one with its key; what went wrong."""
    found = []
    with undone():
        first = _ask(caller, trials.control(row))
        after = fingerprint(own)
        again = _ask(caller, trials.control(row))
        if first.status_code >= 400:
            found.append(f"{row}: {first.status_code}: {first.content[:300]!r}")
        if (again.status_code, again.content) != (first.status_code, first.content):
            found.append(f"{row}: {first.content[:400]!r}\n    then {again.content[:400]!r}")
        other = _ask(caller, _other(trials.control(row)))
        if other.status_code != 422:
            found.append(f"{row}: another body: {other.status_code}: {other.content[:300]!r}")
        else:
            assert_problem(other, 422, "idempotency-key-reused")
        if fingerprint(own) != after:
            found.append(f"{row}: has two effects, or another body has one")
    return found


def _ask(caller: Caller, attempt: Attempt) -> Any:
    headers = {"Idempotency-Key": "walk"}
    return caller.ask(attempt.row.method, attempt.url, attempt.body, **headers)


def _other(attempt: Attempt) -> Attempt:
    """Return a request that is as good, and another one."""
    body = dict(attempt.body or {})
    if "file" in body:
        body["file"] = SimpleUploadedFile(body["file"].name, _more(body["file"].read()))
    else:
        body["unheard_of"] = True
    return replace(attempt, body=body)


def _more(content: bytes) -> bytes:
    return content + b"\n1" if content.startswith(b"\x89") else content + b"\n"
