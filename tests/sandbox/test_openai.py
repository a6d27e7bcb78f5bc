"""OpenAI's endpoints, spoken by the openai library."""

from __future__ import annotations

import concurrent.futures
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from dentalogic.sandbox.client import SandboxProcess

TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "list_services",
            "description": "x",
            "parameters": {"type": "object", "properties": {}},
        },
    }
]


@pytest.fixture
def model(sandbox: SandboxProcess) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=sandbox.openai_url, api_key="sandbox", max_retries=0, timeout=10
    ) as client:
        yield client


def ask(model: openai.OpenAI, *texts: str, **more: Any) -> Any:
    messages: Any = [{"role": "user", "content": text} for text in texts]
    return model.chat.completions.create(model="scripted-receptionist", messages=messages, **more)


def test_the_receptionist_answers_with_usage(model: openai.OpenAI) -> None:
    answer = ask(model, "Hola", tools=TOOLS)
    choice = answer.choices[0]
    assert choice.message.content or choice.message.tool_calls
    assert answer.usage.total_tokens == (
        answer.usage.prompt_tokens + answer.usage.completion_tokens
    )
    assert answer.model == "scripted-receptionist"
    assert [one.id for one in model.models.list().data] == ["scripted-receptionist"]


def test_scripted_answers_come_in_order_and_by_conversation(
    sandbox: SandboxProcess, model: openai.OpenAI
) -> None:
    sandbox.script({"content": "uno"}, {"content": "dos"}, match="conversation-A")
    sandbox.script(
        {"tool_calls": [{"name": "no_such_tool", "arguments": {"a": 1}}]}, match="conversation-B"
    )
    said = [ask(model, "conversation-A").choices[0].message.content for _ in range(2)]
    assert said == ["uno", "dos"]
    choice = ask(model, "x", "conversation-B").choices[0]
    call = choice.message.tool_calls[0]
    assert choice.finish_reason == "tool_calls"
    assert (call.function.name, call.function.arguments) == ("no_such_tool", '{"a":1}')
    assert [one["body"]["messages"][-1]["content"] for one in sandbox.requests("tion-A")] == [
        "conversation-A",
        "conversation-A",
    ]


def test_scripted_failures(sandbox: SandboxProcess, model: openai.OpenAI) -> None:
    sandbox.script({"status": 500}, {"status": 429}, {"raw": "garbage"}, match="zz")
    with pytest.raises(openai.InternalServerError):
        ask(model, "zz")
    with pytest.raises(openai.RateLimitError):
        ask(model, "zz")
    with pytest.raises((openai.APIResponseValidationError, ValueError)):
        ask(model, "zz")


def test_what_openai_refuses(model: openai.OpenAI, sandbox: SandboxProcess) -> None:
    with pytest.raises(openai.BadRequestError, match="messages"):
        ask(model)
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages: Any = [{"role": "assistant", "tool_calls": [call]}, {"role": "user", "content": "x"}]
    with pytest.raises(openai.BadRequestError, match="tool_calls"):
        model.chat.completions.create(model="m", messages=messages)
    messages = [{"role": "tool", "tool_call_id": "c1", "content": "x"}]
    with pytest.raises(openai.BadRequestError, match="tool"):
        model.chat.completions.create(model="m", messages=messages)
    with pytest.raises(openai.AuthenticationError):
        ask(model.with_options(api_key="invalid"), "Hola")


def test_streaming_puts_together_the_same_words(
    sandbox: SandboxProcess, model: openai.OpenAI
) -> None:
    sandbox.script({"content": "Buen día, ¿en qué ayudo?"}, match="stream-1")
    chunks = ask(model, "stream-1", stream=True)
    assert "".join(one.choices[0].delta.content or "" for one in chunks) == (
        "Buen día, ¿en qué ayudo?"
    )


def test_a_barrier_holds_one_call_until_it_is_released(
    sandbox: SandboxProcess, model: openai.OpenAI
) -> None:
    sandbox.script({"content": "después"}, match="barrier-1")
    sandbox.barrier("barrier-1")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        held = pool.submit(ask, model, "barrier-1")
        assert sandbox.wait_at_barrier("barrier-1") == 1
        assert not held.done()
        assert sandbox.release("barrier-1") == 1
        assert held.result(10).choices[0].message.content == "después"


def test_transcriptions(sandbox: SandboxProcess, model: openai.OpenAI) -> None:
    data = b"OggS some voice"
    sandbox.transcript("Quiero un turno", sha256=_sha(data))
    sandbox.transcript("La siguiente", avg_logprob=-1.7)

    def transcribe(data: bytes, **more: Any) -> Any:
        file = ("nota.ogg", data, "audio/ogg")
        return model.audio.transcriptions.create(model="whisper-1", file=file, **more)

    assert transcribe(data, language="es").text == "Quiero un turno"
    verbose = transcribe(b"other", response_format="verbose_json")
    assert (verbose.text, verbose.segments[0].avg_logprob) == ("La siguiente", -1.7)
    assert "turno" in transcribe(b"other again", response_format="text")
    with pytest.raises(openai.BadRequestError):
        transcribe(b"")


def test_faults(sandbox: SandboxProcess, model: openai.OpenAI) -> None:
    sandbox.script({"content": "ya"}, match="fault-1")
    sandbox.fault("openai", status=503, times=2)
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            ask(model, "fault-1")
    sandbox.fault("openai", drop=True)
    with pytest.raises(openai.APIConnectionError):
        ask(model, "fault-1")
    sandbox.fault("openai", delay=1)
    with pytest.raises(openai.APITimeoutError):
        ask(model.with_options(timeout=0.2), "nobody waits")
    sandbox.fault("openai", garbage=True, path="/chat/")
    with pytest.raises((openai.APIResponseValidationError, ValueError)):
        ask(model, "fault-1")
    assert sandbox.faults() == []
    assert ask(model, "fault-1").choices[0].message.content == "ya"


def test_an_answer_lost_after_the_work_was_done(sandbox: SandboxProcess, patient: str) -> None:
    sandbox.say(patient, "Hola")
    sandbox.fault("whatsapp", drop=True, after=True, method="POST", path="/messages")
    body = {"messaging_product": "whatsapp", "to": patient, "text": {"body": "Buen día"}}
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(
            f"{sandbox.graph_url}/100000000000001/messages",
            json=body,
            headers={"Authorization": "Bearer x"},
        )
    assert [one["text"] for one in sandbox.outbox(patient)] == ["Buen día"]


@pytest.mark.parametrize(
    "body",
    [{}, {"vendor": "aws", "status": 500}, {"vendor": "google"},
     {"vendor": "google", "status": 200}, {"vendor": "google", "status": 500, "times": 0},
     {"vendor": "google", "delay": "long"}, {"vendor": "google", "status": 500, "x": 1}],
)  # fmt: skip
def test_a_wrong_fault_is_refused(sandbox: SandboxProcess, body: dict[str, Any]) -> None:
    answer = httpx.post(f"{sandbox.base_url}/faults/", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.faults() == []


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
