"""Whole turns against a really started model endpoint that says what a test wants it to say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from agent.context import Line
from agent.llm import ModelAway
from agent.models import Step, StepKind, Turn
from agent.turn import OpenTransaction, run_turn
from clinics.models import Appointment, ChannelIdentity, Insurer, Patient
from clinics.tenancy.models import Clinic
from dentalogic.core import clock
from dentalogic.core.tenancy import clinic_scope
from dentalogic.sandbox.client import SandboxProcess
from tests.agent.desk import AT, Talk, everything, staff_books
from tests.fixtures.clinics import NOW, make_patient, make_professional, make_treatment, tomorrow


@pytest.fixture
def here(throwaway: Clinic, vendors: SandboxProcess) -> Iterator[Talk]:
    """A guest's conversation in a clinic of the test's own, where commits are real."""
    with clinic_scope(throwaway), clock.frozen(NOW):
        cleaning = make_treatment()
        make_professional(treatments=(cleaning,))
        Insurer.objects.create(name="OSDE", name_key="osde")
        guest = Patient.objects.create(phone="+5491155550001")
        ChannelIdentity.objects.create(
            patient=guest, raw_id="1", phone="+5491155550001", send_to="1"
        )
        yield Talk(guest)


def calls(name: str, **arguments: Any) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


def sent(vendors: SandboxProcess, number: int = -1) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = vendors.requests()[number]["body"]["messages"]
    return messages


def test_words_in_words_out(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script({"content": " ¡Hola! ¿En qué te ayudo? "})
    result = here.turn("Hola!", "están?")
    assert (result.reply, result.outcome, result.handoff) == (
        "¡Hola! ¿En qué te ayudo?",
        "answered",
        None,
    )
    assert [one["role"] for one in sent(vendors)] == ["system", "user", "user"]
    body = vendors.requests()[-1]["body"]
    assert len(body["tools"]) == 9
    turn = Turn.objects.get(pk=result.turn_id)
    assert (turn.outcome, turn.reply, turn.error) == ("answered", result.reply, "")
    assert turn.prompt_tokens > 100
    assert turn.completion_tokens > 0
    assert turn.finished_at is not None
    step = Step.objects.get(turn=turn)
    assert (step.position, step.kind) == (1, StepKind.MODEL)
    assert step.content == {"role": "assistant", "content": " ¡Hola! ¿En qué te ayudo? "}


def test_a_whole_booking_with_its_history(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script(
        calls("check_availability", service="limpieza", when="mañana a la tarde"),
        {"content": "Tengo a las 14:00, 15:00 o 16:00. ¿Cuál?"},
        calls("book_appointment", slot="S1"),
        {"content": "Para anotarte necesito nombre, DNI y obra social."},
        calls(
            "record_patient_facts", full_name="Carolina Díaz", dni="30.111.222", insurance="OSDE"
        ),
        calls("book_appointment", slot="S1"),
        {"content": "Listo, tu turno quedó reservado: miércoles 25, 14:00."},
        {"content": "¡De nada!"},
    )
    first = here.turn("limpieza mañana a la tarde")
    second = here.turn("la primera")
    assert Appointment.objects.get().status == "held"
    third = here.turn("Carolina Díaz, 30.111.222", "OSDE")
    appointment = Appointment.objects.get()
    assert appointment.status == "scheduled"
    assert "quedó reservado" in third.reply
    here.person.refresh_from_db()
    here.turn("gracias")
    messages = sent(vendors)
    assert [one["role"] for one in messages] == [
        "system",
        *("user", "assistant", "tool", "assistant"),
        *("user", "assistant", "tool", "assistant"),
        *("user", "user", "assistant", "tool", "assistant", "tool", "assistant"),
        "user",
    ]
    offered = messages[2]["tool_calls"][0]
    assert offered["function"]["name"] == "check_availability"
    assert messages[3]["tool_call_id"] == offered["id"]
    assert json.loads(messages[3]["content"])["slots"][0]["ref"] == "S1"
    assert messages[4]["content"] == first.reply
    assert json.loads(messages[7]["content"])["error"] == "facts_missing"
    assert messages[8]["content"] == second.reply
    assert "«Carolina Díaz» (paciente de la clínica)" in messages[0]["content"]
    tools = Step.objects.filter(kind=StepKind.TOOL).order_by("at")
    assert [step.content["name"] for step in tools] == [
        *("check_availability", "book_appointment", "record_patient_facts", "book_appointment")
    ]
    assert json.loads(tools[0].content["arguments"])["service"] == "limpieza"


def test_the_same_turn_again_is_the_stored_one(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script(calls("derivhumano", reason="lo pide"), {"content": "Te escribe alguien."})
    here.hears("una persona")
    first = run_turn(here.context())
    asked = len(vendors.requests())
    assert run_turn(here.context()) == first
    assert (first.handoff, first.outcome) == ("lo pide", "handed_off")
    assert len(vendors.requests()) == asked
    assert Turn.objects.count() == 1


def test_an_unfinished_turn_goes_on_where_it_stopped(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script(calls("list_services"), {"status": 401})
    here.hears("qué hacen?")
    with pytest.raises(ModelAway):
        run_turn(here.context())
    assert (Turn.objects.get().outcome, Turn.objects.get().error) == ("failed", "away_status_401")
    vendors.script({"content": "Hacemos limpiezas."})
    result = run_turn(here.context())
    assert (result.reply, result.outcome) == ("Hacemos limpiezas.", "answered")
    assert [one["role"] for one in sent(vendors)] == ["system", "user", "assistant", "tool"]
    assert [step.position for step in Step.objects.order_by("position")] == [1, 2, 3]


def test_a_transaction_is_never_open(here: Talk, vendors: SandboxProcess) -> None:
    here.hears("hola")
    with pytest.raises(OpenTransaction), transaction.atomic():
        run_turn(here.context())
    assert not Turn.objects.exists()


def test_newer_messages_stop_the_turn(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script(calls("list_services"))
    answers = iter([True, False])
    here.hears("hola")
    result = run_turn(here.context(lambda: next(answers)))
    assert (result.reply, result.outcome) == ("", "stale")
    vendors.clear_script()


def test_what_was_done_in_a_dropped_reply_is_told(here: Talk, vendors: SandboxProcess) -> None:
    here.person_with_facts()
    vendors.script(
        calls("check_availability", service="limpieza", when="mañana a las 10"),
        calls("book_appointment", slot="S1"),
        {"content": "Listo, tu turno quedó reservado."},
        {"content": "¡De nada!"},
        {"content": "¡Hasta mañana!"},
    )
    dropped = here.turn("mañana a las 10, reservalo")
    # Newer messages came: the channel keeps the messages with the turn, and drops its reply.
    here.history.pop()
    told = here.turn("gracias")
    assert told.reply == (
        "El turno quedó reservado: miércoles 25 de noviembre, 10:00, con Dra. María Elena Ruiz."
        " ¡De nada!"
    )
    assert dropped.turn_id != told.turn_id
    assert [one["role"] for one in sent(vendors)] == [
        "system",
        *("user", "assistant", "tool", "assistant", "tool"),
        "user",
    ]
    assert here.turn("chau").reply == "¡Hasta mañana!"


GARBAGE: list[list[dict[str, Any]]] = [
    [{"raw": "basura"}] * 2,
    [{"raw": '{"choices": []}'}] * 2,
    [{"content": ""}] * 2,
    [{"content": None}] * 2,
    [{"raw": '{"choices":[{"message":{"tool_calls":[{"id":"1"}]}}]}'}] * 2,
    [{"raw": '{"choices":[{"message":{"content":"Hol'}] * 2,
    [{"status": 400}] * 2,
    [{"content": "x" * 2_100_000}] * 2,
    [{"content": "corta sin terminar y", "finish_reason": "length"}],
]


@pytest.mark.parametrize("answers", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_ends_in_an_honest_text(
    here: Talk, vendors: SandboxProcess, answers: list[dict[str, Any]]
) -> None:
    before = everything()
    vendors.script(*answers)
    result = here.turn("hola")
    assert result.outcome == "failed"
    assert "no pude resolverlo" in result.reply
    assert everything() == before
    assert Turn.objects.get().error


def test_one_garbled_answer_is_asked_for_again(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script({"raw": "basura"}, {"content": "¡Hola!"})
    assert here.turn("hola").reply == "¡Hola!"
    assert [step.content.get("error") for step in Step.objects.order_by("position")] == [
        "no_json",
        None,
    ]


ADVERSARIES: dict[str, list[dict[str, Any]]] = {
    "unknown tool": [calls("transfer_money", amount=1)],
    "invented arguments": [calls("book_appointment", slot="S1", patient="Ana", clinic="beta")],
    "invented slot": [calls("book_appointment", slot="S1")],
    "facts never written": [
        calls("record_patient_facts", full_name="Ana Pérez", dni="30111222", insurance="OSDE")
    ],
    "a dependant nobody spoke of": [
        calls("record_patient_facts", full_name="Tomás Pérez", for_whom="hijo")
    ],
    "somebody else's appointment": [calls("cancel_appointment", appointment="@", confirmed=True)],
    "200 kB of arguments": [calls("check_availability", service="x", when="y" * 200_000)],
    "broken json": [{"tool_calls": [{"name": "book_appointment", "arguments": '{"slot": "S'}]}],
    "many at once": [
        {
            "tool_calls": [
                {"name": "book_appointment", "arguments": {"slot": f"S{n}"}} for n in range(16)
            ]
        }
    ],
}


@pytest.mark.parametrize("answers", ADVERSARIES.values(), ids=ADVERSARIES.keys())
def test_an_adversarial_model_changes_nothing(
    here: Talk, vendors: SandboxProcess, answers: list[dict[str, Any]]
) -> None:
    from clinics.models import Professional, Treatment

    theirs = staff_books(
        make_patient(), Professional.objects.get(), Treatment.objects.get(), tomorrow(10)
    )
    ref = f"A{theirs.pk.hex[:4]}"
    answers = json.loads(json.dumps(answers).replace("@", ref))
    vendors.script(*answers, {"content": "Listo, tu turno quedó reservado y cancelé el otro."})
    before = everything()
    result = here.turn("sí, dale, confirmo todo")
    assert everything() == before
    assert "no hice ningún cambio" in result.reply
    step = Step.objects.filter(kind=StepKind.TOOL).order_by("position")[0]
    assert step.content["result"]["ok"] is False
    assert len(step.content["arguments"]) < 100_000


def test_asking_and_confirming_in_one_breath_cancels_nothing(
    here: Talk, vendors: SandboxProcess
) -> None:
    from clinics.models import Professional, Treatment

    own = staff_books(
        here.person_with_facts(), Professional.objects.get(), Treatment.objects.get(), tomorrow(10)
    )
    ref = f"A{own.pk.hex[:4]}"
    vendors.script(
        calls("cancel_appointment", appointment=ref, confirmed=False),
        calls("cancel_appointment", appointment=ref, confirmed=True),
        {"content": "Cancelé tu turno."},
        calls("cancel_appointment", appointment=ref, confirmed=True),
        {"content": "Listo, cancelé tu turno."},
    )
    before = everything()
    here.turn("sí, cancelá")
    assert everything() == before
    second = here.turn("sí, dale")
    own.refresh_from_db()
    assert own.status == "cancelled"
    assert second.reply == "Listo, cancelé tu turno."


def test_an_endless_loop_of_tools_ends(here: Talk, vendors: SandboxProcess, settings: Any) -> None:
    settings.AGENT_MAX_STEPS = 4
    vendors.script(*[calls("list_services")] * 9)
    before = everything()
    asked = len(vendors.requests())
    result = here.turn("hola")
    assert len(vendors.requests()) - asked == 4
    assert (result.outcome, Turn.objects.get().error) == ("failed", "too_many_steps")
    assert everything() == before


def test_a_turn_has_its_time(here: Talk, vendors: SandboxProcess, settings: Any) -> None:
    settings.AGENT_TURN_SECONDS = 0
    asked = len(vendors.requests())
    result = here.turn("hola")
    assert (result.outcome, Turn.objects.get().error) == ("failed", "too_slow")
    assert len(vendors.requests()) == asked


def test_a_model_that_is_away_is_the_callers_to_retry(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script({"status": 401})
    before = everything()
    here.hears("hola")
    with pytest.raises(ModelAway):
        run_turn(here.context())
    assert everything() == before
    assert Turn.objects.get().reply == ""


def test_what_was_done_is_told_without_the_model(here: Talk, vendors: SandboxProcess) -> None:
    here.person_with_facts()
    vendors.script(
        calls("check_availability", service="limpieza", when="mañana a las 10"),
        calls("book_appointment", slot="S1"),
        {"status": 401},
    )
    result = here.turn("mañana a las 10, la primera que haya")
    assert result.outcome == "answered"
    assert result.reply.startswith("El turno quedó reservado: miércoles 25 de noviembre, 10:00")
    assert Appointment.objects.get().status == "scheduled"


def test_after_a_handoff_there_is_a_short_farewell(here: Talk, vendors: SandboxProcess) -> None:
    vendors.script(
        calls("derivhumano", reason="reclamo"),
        calls("list_services"),
        {"content": "Ya le avisé al equipo. " + "Te van a escribir pronto. " * 40},
    )
    result = here.turn("quiero reclamar")
    assert (result.handoff, result.outcome) == ("reclamo", "handed_off")
    assert len(result.reply) <= 400
    assert vendors.requests()[-1]["body"].get("tools") is None
    steps = Step.objects.filter(kind=StepKind.TOOL).order_by("position")
    assert steps[1].content["result"]["error"] == "handed_off"


def test_long_and_many_lines_of_history(here: Talk, vendors: SandboxProcess) -> None:
    here.history = [Line("patient", f"hola {n} " + "x" * 9000, AT, None) for n in range(300)]
    here.history.append(Line("staff", "Soy Laura", AT, None))
    vendors.script({"content": "¡Hola!"})
    assert here.turn("última").outcome == "answered"
    messages = sent(vendors)
    assert len(messages) == 62
    assert max(len(one["content"]) for one in messages[1:]) <= 4000
    assert messages[-2]["content"].endswith("Soy Laura")
