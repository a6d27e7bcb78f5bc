"""The closed list of tools, and what happens to calls that are wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.tools import registry
from agent.tools.registry import TOOLS, call, find_tool, specs
from tests.agent.desk import Talk, everything

NAMES = {
    *("list_professionals", "list_services", "check_availability", "record_patient_facts"),
    *("book_appointment", "list_my_appointments", "cancel_appointment"),
    *("reschedule_appointment", "derivhumano"),
}


def test_every_entry_is_the_tool_of_that_name() -> None:
    assert set(TOOLS) == NAMES
    for name, place in TOOLS.items():
        assert find_tool(name).name == name
        assert place.startswith("agent.tools.")
        assert place.endswith(f".{name}")


def objects(schema: Any) -> list[dict[str, Any]]:
    found = [schema] if isinstance(schema, dict) and schema.get("type") == "object" else []
    inner = schema.values() if isinstance(schema, dict) else schema
    for one in inner if isinstance(schema, dict | list) else []:
        found += objects(one)
    return found


@pytest.mark.parametrize("spec", specs(), ids=lambda spec: str(spec["function"]["name"]))
def test_schemas_are_strict_and_name_neither_clinic_nor_person(spec: dict[str, Any]) -> None:
    function = spec["function"]
    assert spec["type"] == "function"
    assert function["strict"] is True
    assert 20 < len(function["description"]) < 1000
    for one in objects(function["parameters"]):
        assert one["additionalProperties"] is False
        assert set(one["required"]) == set(one.get("properties", {}))
    text = json.dumps(function["parameters"])
    for word in ("maxLength", "clinic", "patient_id", "tenant", "conversation"):
        assert word not in text


def test_the_arguments_of_the_contract() -> None:
    arguments = {
        spec["function"]["name"]: set(spec["function"]["parameters"].get("properties", {}))
        for spec in specs()
    }
    assert arguments == {
        "list_professionals": set(),
        "list_services": set(),
        "check_availability": {"service", "when", "professional", "for_urgency", "reschedules"},
        "record_patient_facts": {
            *("full_name", "dni", "insurance", "phone", "birth_date", "for_whom")
        },
        "book_appointment": {"slot", "for_whom"},
        "list_my_appointments": set(),
        "cancel_appointment": {"appointment", "confirmed", "reason"},
        "reschedule_appointment": {"appointment", "slot", "confirmed"},
        "derivhumano": {"reason"},
    }


@pytest.mark.parametrize(
    ("name", "arguments", "fields"),
    [
        ("book_appointment", "", ["slot"]),
        ("book_appointment", "null", []),
        ("book_appointment", "[]", []),
        ("book_appointment", '{"slot": "S1"', []),
        ("book_appointment", "no json at all", []),
        ("book_appointment", '{"slot": 1}', ["slot"]),
        ("book_appointment", '{"slot": "S1", "patient_id": "x"}', []),
        ("book_appointment", '{"slot": "S1", "clinic": "beta"}', []),
        ("book_appointment", '{"slot": "' + "S" * 21 + '"}', ["slot"]),
        ("book_appointment", '{"slot": "S\\u00001"}', ["slot"]),
        ("book_appointment", '{"slot": "\\ud800"}', []),
        ("cancel_appointment", '{"appointment": "A1", "confirmed": "quizás"}', ["confirmed"]),
        ("record_patient_facts", '{"dni": "' + "1" * 201 + '"}', ["dni"]),
        ("record_patient_facts", "{}", []),
        ("record_patient_facts", '{"dni": null, "full_name": ""}', []),
        ("check_availability", '{"service": "limpieza"}', ["when"]),
        ("check_availability", '{"service": "x", "when": "' + "y" * 110_000 + '"}', []),
        ("check_availability", '{"service": "x", "when": "' + "y" * 10_000_000 + '"}', []),
        ("check_availability", "[" * 50_000, []),
    ],
    ids=range(19),
)
def test_bad_arguments(talk: Talk, name: str, arguments: str, fields: list[str]) -> None:
    before = everything()
    result = call(talk.hears("hola").desk(), name, arguments)
    assert result["ok"] is False
    assert (result["error"], result["fields"]) == ("bad_arguments", fields)
    assert len(registry.rendered(result)) < 500
    assert everything() == before


@pytest.mark.parametrize("name", ["", "drop_table", "__class__", "book_appointment ", "ñ" * 90])
def test_a_tool_that_does_not_exist(talk: Talk, name: str) -> None:
    before = everything()
    result = call(talk.hears("hola").desk(), name, "{}")
    assert (result["ok"], result["error"], set(result["tools"])) == (False, "unknown_tool", NAMES)
    assert everything() == before


def test_a_defect_is_logged_without_its_words(
    talk: Talk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(TOOLS, "broken", "tests.agent.broken_tool.broken")
    result = call(talk.hears("hola").desk(), "broken", "{}")
    assert (result["ok"], result["error"]) == (False, "unavailable")
    written = caplog.text + "".join(capsys.readouterr())
    assert "ZeroDivisionError" in written
    assert "broken_tool.py" in written
    assert "30111222" not in written + registry.rendered(result)


def test_results_are_compact_and_readable(talk: Talk) -> None:
    result = call(talk.hears("hola").desk(), "list_professionals", "")
    text = registry.rendered(result)
    assert "María Elena" in text
    assert ": " not in text.replace("09:00", "")
    person = result["professionals"][0]
    assert person == {
        "name": "Dra. María Elena Ruiz",
        "specialty": "",
        "treatments": ["Limpieza dental"],
        "hours": dict.fromkeys(
            ("lunes", "martes", "miércoles", "jueves", "viernes"), "09:00-13:00, 14:00-18:00"
        ),
    }


def test_services_and_insurers(talk: Talk) -> None:
    assert call(talk.hears("hola").desk(), "list_services", "{}") == {
        "ok": True,
        "services": [{"code": "limpieza", "name": "Limpieza dental", "minutes": 30}],
        "insurers": ["OSDE"],
    }


def test_a_person_is_called_for_as_long_as_the_clinic_says(talk: Talk) -> None:
    before = everything()
    result = call(talk.hears("persona").desk(), "derivhumano", '{"reason": "lo pide"}')
    assert result == {"ok": True, "until": "2026-11-25T09:00-03:00"}
    # The channel records the handoff with the reply, in one transaction.
    assert everything() == before
