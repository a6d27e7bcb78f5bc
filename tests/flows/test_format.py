"""The files of the scenarios: what can be written in one, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent.evals.scenarios import FOLDER, Scenario, read_folder

BASE: dict[str, Any] = {
    "id": "one",
    "family": "booking",
    "clock": "2026-11-23T09:00:00-03:00",
    "patient": {"phone": "+5491155550001", "opening": ["hola"]},
    "expect": {},
}


def test_every_file_is_read_and_named_by_its_id() -> None:
    assert [one.id for one in read_folder()] == sorted(path.stem for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"expects": {}},
        {"family": "bookings"},
        {"clock": "2026-11-23T09:00:00"},
        {"patient": {"phone": "+5491155550001", "opening": ["hola"], "knows_not": {}}},
        # Unquoted, YAML reads `on:` as true.
        {"expect": {"appointments": [{True: "2026-11-24"}]}},
        {"world": [{"at_turn": 2}]},
        {"seed": {"faults": [{"vendor": "telegram", "status": 503}]}},
    ],
)
def test_what_the_format_does_not_know_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate(BASE | wrong)


def test_two_scenarios_of_one_id_are_an_error(tmp_path: Path) -> None:
    text = (FOLDER / "human-please.yaml").read_text()
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match="share an id: human-please"):
        read_folder(tmp_path)
