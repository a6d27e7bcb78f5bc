"""The odontogram: which teeth, faces and findings there are, and what changed between visits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.odontogram import (
    DECIDUOUS,
    FACES,
    PERMANENT,
    TEETH,
    Change,
    InvalidOdontogram,
    differences,
    validate_odontogram,
)


def chart(**teeth: Any) -> dict[str, Any]:
    return {"version": 1, "teeth": {name.strip("_"): tooth for name, tooth in teeth.items()}}


def on(finding: str, status: str = "pending") -> dict[str, str]:
    return {"finding": finding, "status": status}


def test_there_are_32_permanent_and_20_deciduous_teeth() -> None:
    assert len(PERMANENT) == 32
    assert len(DECIDUOUS) == 20
    assert {11, 18, 28, 38, 48, 51, 55, 65, 75, 85} <= TEETH
    assert not TEETH & {10, 19, 20, 49, 50, 56, 66, 76, 86, 91}


def test_a_whole_chart_is_stored_in_order_and_without_empty_teeth() -> None:
    stored = validate_odontogram(
        chart(
            _55={"faces": {"O": [on("sealant", "done")]}},
            _16={"tooth": [on("crown", "done")], "faces": {"M": [on("caries")]}},
            _21={"tooth": [], "faces": {"V": []}},
        )
    )
    assert list(stored["teeth"]) == ["16", "55"]
    assert stored["teeth"]["16"]["faces"]["M"] == [on("caries")]
    assert validate_odontogram(stored) == stored


@pytest.mark.parametrize("number", ["10", "19", "56", "99", "016", "1", "x", "", "１６"])
def test_a_number_that_is_no_tooth_is_refused(number: str) -> None:
    with pytest.raises(InvalidOdontogram) as refusal:
        validate_odontogram({"teeth": {number: {"tooth": [on("crown")]}}})
    assert refusal.value.errors[0][0] == f"teeth.{number}"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "."),
        ({"version": 2}, "version"),
        ({"teeth": []}, "teeth"),
        ({"teeth": {"16": {"tooth": [on("gold")]}}}, "teeth.16.tooth.0.finding"),
        ({"teeth": {"16": {"tooth": [on("crown", "maybe")]}}}, "teeth.16.tooth.0.status"),
        ({"teeth": {"16": {"faces": {"X": []}}}}, "teeth.16.faces.X.[key]"),
        ({"teeth": {"16": {"faces": {"O": [on("crown")]}}}}, "teeth.16.faces.O.0.finding"),
        ({"teeth": {"16": {"roots": 3}}}, "teeth.16.roots"),
        ({"teeth": {"16": {"tooth": [on("crown"), on("crown", "done")]}}}, "teeth.16.tooth"),
        ({"teeth": {"16": {"tooth": [on("crown")] * 13}}}, "teeth.16.tooth"),
        ({"notes": "x" * 1001}, "notes"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(value: object, path: str) -> None:
    with pytest.raises(InvalidOdontogram) as refusal:
        validate_odontogram(value)
    assert path in [place for place, _ in refusal.value.errors]


@pytest.mark.parametrize("finding", ["absent", "unerupted"])
def test_a_tooth_that_is_not_there_has_no_faces(finding: str) -> None:
    faces = {"O": [on("caries")]}
    with pytest.raises(InvalidOdontogram):
        validate_odontogram(chart(_16={"tooth": [on(finding, "done")], "faces": faces}))
    validate_odontogram(chart(_16={"tooth": [on(finding, "pending")], "faces": faces}))


def test_an_error_never_repeats_what_was_sent() -> None:
    with pytest.raises(InvalidOdontogram) as refusal:
        validate_odontogram({"teeth": {"16": {"tooth": [on("secreto de salud")]}}})
    assert "secreto" not in str(refusal.value)


def test_the_difference_names_what_came_went_and_was_done() -> None:
    before = validate_odontogram(
        chart(
            _16={"faces": {"O": [on("caries")], "M": [on("fracture")]}},
            _48={"tooth": [on("extraction")]},
        )
    )
    after = validate_odontogram(
        chart(_16={"faces": {"O": [on("caries", "done")]}}, _48={"tooth": [on("absent", "done")]})
    )
    assert differences(before, after) == [
        Change(16, "M", "fracture", "pending", None),
        Change(16, "O", "caries", "pending", "done"),
        Change(48, None, "absent", None, "done"),
        Change(48, None, "extraction", "pending", None),
    ]


FINDINGS = st.lists(
    st.sampled_from(["caries", "restoration", "sealant", "wear"]), unique=True, max_size=3
)
TOOTH = st.fixed_dictionaries(
    {
        "faces": st.dictionaries(
            st.sampled_from(FACES),
            st.tuples(FINDINGS, st.sampled_from(["pending", "done"])).map(
                lambda pair: [on(finding, pair[1]) for finding in pair[0]]
            ),
        )
    }
)
CHARTS = st.dictionaries(st.sampled_from(sorted(map(str, TEETH))), TOOTH, max_size=6).map(
    lambda teeth: validate_odontogram({"teeth": teeth})
)


@given(CHARTS, CHARTS)
def test_differences_are_none_for_the_same_and_mirror_when_turned_round(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert differences(one, one) == []
    there, back = differences(one, other), differences(other, one)
    assert [(c.tooth, c.face, c.finding, c.after, c.before) for c in there] == [
        (c.tooth, c.face, c.finding, c.before, c.after) for c in back
    ]
