from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics import medical_history
from clinics.medical_history import (
    MESSAGES,
    InvalidMedicalHistory,
    parse_medical_history,
    validate_medical_history,
)

WHO = "6f2b0c1e-3a55-4a8e-9b5e-0d7f7d1c9a11"
FULL: dict[str, Any] = {
    "version": 1,
    "allergies": [{"substance": "penicilina", "reaction": "ronchas", "severity": "severe"}],
    "medication": [
        {"name": "acenocumarol", "dose": "4 mg", "anticoagulant": True},
        {"name": "enalapril", "dose": "10 mg", "anticoagulant": False},
    ],
    "conditions": [{"name": "hipertensión", "notes": ""}],
    "pregnancy": {"status": "yes", "weeks": 20},
    "previous_surgery": [{"name": "extracción de cordales", "year": 2019, "notes": ""}],
    "smoking": {"status": "current", "per_day": 10},
    "updated_at": "2026-11-23T12:00:00Z",
    "updated_by": WHO,
}


def changed(**change: object) -> dict[str, Any]:
    return {**FULL, **change}


def test_what_is_stored_is_what_was_given() -> None:
    assert validate_medical_history(FULL) == FULL
    assert validate_medical_history(validate_medical_history(FULL)) == FULL


def test_nothing_asked_and_nothing_found_are_two_things() -> None:
    assert validate_medical_history({}) == {}
    assert parse_medical_history({}) is None
    stored = validate_medical_history(
        {"allergies": [], "updated_at": FULL["updated_at"], "updated_by": WHO}
    )
    assert stored["allergies"] == []
    assert stored["medication"] is None
    assert stored["version"] == 1


def test_anticoagulants_are_named() -> None:
    history = parse_medical_history(FULL)

    assert history is not None
    assert history.anticoagulants() == ["acenocumarol"]


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (None, "", "model_type"),
        ([], "", "model_type"),
        (changed(version=2), "version", "literal_error"),
        (changed(extra=1), "extra", "extra_forbidden"),
        (changed(allergies={}), "allergies", "list_type"),
        (changed(allergies=["x"]), "allergies.0", "model_type"),
        (changed(allergies=[{}]), "allergies.0.substance", "missing"),
        (changed(allergies=[{"substance": " "}]), "allergies.0.substance", "string_too_short"),
        (
            changed(allergies=[{"substance": "x", "severity": "lots"}]),
            "allergies.0.severity",
            "literal_error",
        ),
        (changed(medication=[{"name": 3}]), "medication.0.name", "string_type"),
        (
            changed(medication=[{"name": "x", "anticoagulant": "yes"}]),
            "medication.0.anticoagulant",
            "bool_type",
        ),
        (changed(conditions=[{"name": "x" * 201}]), "conditions.0.name", "string_too_long"),
        (changed(conditions=[{"name": "x"}] * 101), "conditions", "too_long"),
        (changed(pregnancy={"status": "no", "weeks": 3}), "pregnancy", "value_error"),
        (changed(pregnancy={"status": "yes", "weeks": 99}), "pregnancy.weeks", "less_than_equal"),
        (
            changed(previous_surgery=[{"name": "x", "year": 1}]),
            "previous_surgery.0.year",
            "greater_than_equal",
        ),
        (changed(smoking={"status": "current", "per_day": "2"}), "smoking.per_day", "int_type"),
        (changed(updated_at="2026-11-23T12:00:00"), "updated_at", "timezone_aware"),
        (changed(updated_at="ayer"), "updated_at", "datetime_from_date_parsing"),
        (changed(updated_by="laura"), "updated_by", "uuid_parsing"),
        ({"allergies": [], "updated_by": WHO}, "updated_at", "missing"),
    ],
)
def test_errors_say_where(value: object, path: str, kind: str) -> None:
    with pytest.raises(InvalidMedicalHistory) as refusal:
        validate_medical_history(value)

    assert refusal.value.errors == [(path, MESSAGES[kind])]


def test_an_error_does_not_repeat_what_was_written() -> None:
    with pytest.raises(InvalidMedicalHistory) as refusal:
        validate_medical_history(changed(updated_by="VIH positivo"))

    assert "VIH" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FULL, "name", "status", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(values)
def test_any_json_is_accepted_or_refused_with_a_known_message(value: object) -> None:
    try:
        validate_medical_history(value)
    except InvalidMedicalHistory as refusal:
        assert refusal.errors  # noqa: PT017
        assert all(message != medical_history.OTHER for _path, message in refusal.errors)  # noqa: PT017
