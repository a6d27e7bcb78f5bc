"""Whatever an endpoint answers is a reply or one of two errors."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from agent import llm
from agent.llm import ModelAway, ModelGarbage, complete, read_completion
from dentalogic.sandbox.client import SandboxProcess

MESSAGES = [{"role": "user", "content": "hola"}]


def completion(message: Any, finish: str = "stop", **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}]} | more).encode()


def test_words_and_calls() -> None:
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    reply = read_completion(
        completion({"content": "Hola\x00", "tool_calls": [call, call]}, usage=usage)
    )
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("Hola", 7, 3)
    assert [(one.name, one.arguments) for one in reply.calls] == [("f", '{"a":1}')] * 2
    # Repeated ids would break the next request.
    assert len({one.id for one in reply.calls}) == 2
    assert reply.message["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}
    assert not reply.truncated
    assert read_completion(completion({"content": "Hola"}, "length")).truncated


def test_monstrous_arguments_do_not_go_back() -> None:
    call = {"function": {"name": "f", "arguments": "x" * 200_000}}
    reply = read_completion(completion({"content": None, "tool_calls": [call]}))
    assert len(reply.calls[0].arguments) == 200_000
    assert reply.message["tool_calls"][0]["function"]["arguments"] == "{}"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "no_json"),
        (b"<html>502</html>", "no_json"),
        (b'{"choices": [{"message": {"content": "a', "no_json"),
        (b"null", "wrong_shape"),
        (b"[]", "wrong_shape"),
        (b"{}", "wrong_shape"),
        (b'{"choices": []}', "wrong_shape"),
        (b'{"choices": null}', "wrong_shape"),
        (b'{"choices": [{"message": null}]}', "wrong_shape"),
        (b'{"choices": [{"message": "hola"}]}', "wrong_shape"),
        (completion({"content": {"a": 1}}), "wrong_shape"),
        (completion({"content": None}), "empty"),
        (completion({"content": "  \n"}), "empty"),
        (completion({"content": None, "refusal": "no", "tool_calls": []}), "empty"),
        (completion({"tool_calls": [{"id": "1", "type": "function"}]}), "wrong_shape"),
        (
            completion({"tool_calls": [{"function": {"name": "", "arguments": "{}"}}]}),
            "wrong_shape",
        ),
        (completion({"tool_calls": [{"function": {"name": "f", "arguments": {}}}]}), "wrong_shape"),
        (completion({"tool_calls": "f()"}), "wrong_shape"),
        (completion({"tool_calls": [{"function": {"name": "f"}}] * 17}), "too_many_calls"),
        (b"\xff\xfe\x00", "no_json"),
    ],
    ids=range(20),
)
def test_garbage(body: bytes, code: str) -> None:
    with pytest.raises(ModelGarbage) as caught:
        read_completion(body)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 503, "times": 9}, "status_503"),
        ({"status": 429, "times": 9}, "status_429"),
        ({"status": 401}, "status_401"),
        ({"drop": True, "times": 9}, "unreachable"),
    ],
)
def test_an_endpoint_that_is_away(
    vendors: SandboxProcess, fault: dict[str, Any], code: str
) -> None:
    vendors.fault("openai", **fault)
    with pytest.raises(ModelAway) as caught:
        complete(MESSAGES, [], seconds=60)
    assert caught.value.code == code


def test_short_outages_are_retried(vendors: SandboxProcess) -> None:
    vendors.script({"content": "acá estoy"})
    vendors.fault("openai", status=503, times=2)
    assert complete(MESSAGES, [], seconds=60).text == "acá estoy"


def test_nobody_listens_there(settings: Any) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    with pytest.raises(ModelAway) as caught:
        complete(MESSAGES, [], seconds=0.2)
    assert caught.value.code == "unreachable"


def test_a_slow_endpoint_is_away_in_time(vendors: SandboxProcess) -> None:
    vendors.script({"content": "tarde", "delay": 5})
    began = time.monotonic()
    with pytest.raises(ModelAway) as caught:
        complete(MESSAGES, [], seconds=0.3)
    assert caught.value.code == "timeout"
    assert time.monotonic() - began < 3


def test_garbage_over_the_wire(vendors: SandboxProcess) -> None:
    vendors.script({"raw": "no es json"}, {"status": 400}, {"content": "x" * 2_100_000})
    for code in ("no_json", "refused_400", "too_long"):
        with pytest.raises(ModelGarbage) as caught:
            complete(MESSAGES, [], seconds=60)
        assert caught.value.code == code


def test_one_client_per_endpoint(vendors: SandboxProcess) -> None:
    assert llm.client() is llm.client()
