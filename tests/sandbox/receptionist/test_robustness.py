"""Whatever the messages hold, an answer of the right shape comes, and comes fast."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dentalogic.sandbox.patient import Patient
from dentalogic.sandbox.receptionist import reply
from tests.sandbox.receptionist.world import TOOL_NAMES, Talk, offered

_WORDS = st.sampled_from(
    [
        "hola",
        "quiero un turno",
        "limpieza",
        "el martes a la tarde",
        "la primera",
        "dale",
        "no",
        "sí",
        "Carolina Díaz",
        "30111222",
        "OSDE",
        "no tengo",
        "prefiero no dar mi DNI",
        "cancelar mi turno",
        "pasarlo al jueves",
        "me duele mucho",
        "no puedo respirar",
        "es para mi hijo",
        "con Ruiz",
        "cuánto sale",
        "[audio]",
        "gracias",
        "¿Cuál te queda mejor?",
        "¿Confirmás?",
        "DNI?",
    ]
)
_TEXT = st.one_of(_WORDS, st.lists(_WORDS, max_size=4).map(" ".join), st.text(max_size=60))
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    [
        "ok",
        "error",
        "slots",
        "alternatives",
        "missing",
        "fields",
        "field",
        "appointments",
        "text",
        "level",
        "services",
        "professionals",
        "insurers",
        "options",
        "held_until",
        "status",
        "ref",
        "recorded",
    ]
)
_SLOT = st.fixed_dictionaries(
    {"ref": st.sampled_from(["S1", "S2", "A1"])},
    optional={"text": _TEXT, "time": _TEXT, "date": _TEXT, "weekday": _TEXT, "professional": _JSON},
)
_ERRORS = st.sampled_from(
    [
        "facts_missing",
        "slot_taken",
        "not_in_messages",
        "needs_confirmation",
        "unclear_date",
        "unknown_slot",
    ]
)
_RESULT = st.dictionaries(_KEYS, st.one_of(_JSON, st.lists(_SLOT, max_size=3), _ERRORS), max_size=5)
_TOOLS = [*TOOL_NAMES, "triage_urgency", "confirm_appointment"]
_MESSAGE = st.one_of(
    st.builds(lambda text: {"role": "user", "content": text}, _TEXT),
    st.builds(lambda text: {"role": "assistant", "content": text}, _TEXT),
    st.builds(lambda text: {"role": "system", "content": text}, _TEXT),
    st.builds(
        lambda name, args, number: {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": f"c{number}",
                    "type": "function",
                    "function": {"name": name, "arguments": args},
                }
            ],
        },
        st.sampled_from(_TOOLS),
        st.one_of(_TEXT, _JSON.map(json.dumps)),
        st.integers(0, 2),
    ),
    st.builds(
        lambda result, number: {
            "role": "tool",
            "tool_call_id": f"c{number}",
            "content": json.dumps(result),
        },
        _RESULT,
        st.integers(0, 2),
    ),
    _JSON,
    st.dictionaries(st.sampled_from(["role", "content", "tool_calls", "tool_call_id"]), _JSON),
)


def check_shape(answer: dict[str, Any], names: list[str]) -> None:
    assert answer["role"] == "assistant"
    calls = answer["tool_calls"]
    if not calls:
        assert isinstance(answer["content"], str)
        assert answer["content"].strip()
        return
    assert answer["content"] is None
    for call in calls:
        assert call["type"] == "function"
        assert call["function"]["name"] in names
        assert isinstance(json.loads(call["function"]["arguments"]), dict)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_MESSAGE, max_size=14))
def test_any_messages_get_an_answer(messages: list[Any]) -> None:
    answer = reply(messages, offered(*_TOOLS))
    check_shape(answer, _TOOLS)
    assert answer == reply(messages, offered(*_TOOLS))


@settings(max_examples=100, deadline=None)
@given(st.lists(_JSON, max_size=3))
def test_any_tools_get_an_answer(tools: list[Any]) -> None:
    check_shape(reply([{"role": "user", "content": "limpieza el martes"}], tools), [])


@settings(max_examples=60, deadline=None)
@given(st.lists(_TEXT, min_size=1, max_size=8))
def test_a_turn_always_ends_in_a_text(texts: list[str]) -> None:
    talk = Talk(tools=offered(*_TOOLS[:-1]))
    for text in texts:
        talk.hear(text)
    assert len(talk.texts) == len(texts)


@given(_TEXT)
def test_the_patient_answers_anything(said: str) -> None:
    answer = Patient(knows={"name": "Ana Paz"}).answer(said)
    assert answer is None or answer


def test_sixty_messages_take_a_few_milliseconds() -> None:
    talk = Talk()
    for _ in range(6):
        talk.hear("hola, quiero una limpieza el martes a la tarde")
        talk.hear("mejor el jueves a la mañana con Ruiz, tengo osde y soy Carolina Díaz")
    while len(talk.messages) < 60:
        talk.hear("no sé, qué horarios tenés el miércoles?")
    best = min(_seconds(talk) for _ in range(5))
    assert best < 0.05  # about 2 ms; a busy machine gets room


def _seconds(talk: Talk) -> float:
    started = time.perf_counter()
    reply(talk.messages[:60], talk.tools)
    return time.perf_counter() - started


def test_long_texts_do_not_stall() -> None:
    started = time.perf_counter()
    for piece in ("no puedo ", "mi hijo ", "1", "a, ", "golpe ", "hinch ", "el martes o ", "y "):
        reply([{"role": "user", "content": piece * 4000}], offered())
    assert time.perf_counter() - started < 5
