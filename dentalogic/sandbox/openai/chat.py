"""``POST /v1/chat/completions`` and ``GET /v1/models``."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.faults import vendor_error
from dentalogic.sandbox.openai.script import text_of_call
from dentalogic.sandbox.wire import JSON, bearer

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

MODEL = "scripted-receptionist"
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


class OpenAIError(Exception):
    """A refusal in OpenAI's form."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


def openai_refusal(_request: Request, error: Exception) -> Response:
    """Answer an `OpenAIError`."""
    assert isinstance(error, OpenAIError)
    detail = {
        "message": str(error),
        "type": "invalid_request_error",
        "param": error.param,
        "code": error.code,
    }
    return JSON({"error": detail}, status_code=error.status)


def authorize(request: Request) -> None:
    """Refuse a call without a key, or with the key ``invalid``."""
    if bearer(request) in {"", "invalid"}:
        message = "Incorrect API key provided."
        raise OpenAIError(message, status=401, code="invalid_api_key")


async def models(request: Request) -> Response:
    """List the one model."""
    authorize(request)
    entry = {"id": MODEL, "object": "model", "created": 1_764_000_000, "owned_by": "sandbox"}
    return JSON({"object": "list", "data": [entry]})


async def complete(request: Request) -> Response:
    """Answer a chat: by a script, else by the scripted receptionist."""
    authorize(request)
    body = _read(await request.body())
    sandbox: Sandbox = request.app.state.sandbox
    director = sandbox.director
    text = text_of_call(body)
    director.count += 1
    record: dict[str, Any] = {"at": sandbox.clock.stamp(), "body": body, "answer": None}
    director.requests.append(record)
    await director.wait_at_barrier(text)
    scripted = director.answer_for(text)
    if scripted is None:
        message = _rules(sandbox, body)
    else:
        record["answer"] = scripted
        if scripted.get("delay"):
            await asyncio.sleep(min(float(scripted["delay"]), 60))
        if "status" in scripted:
            status = int(scripted["status"])
            return JSON(vendor_error("openai", status), status_code=status)
        if "raw" in scripted:
            return Response(str(scripted["raw"]), media_type="application/json")
        message = _message(scripted)
    record["answer"] = message
    return _answer(body, message, scripted or {})


def _rules(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    # Late, so that a test of another vendor does not pay for the rules.
    from dentalogic.sandbox.receptionist import reply  # noqa: PLC0415

    now = sandbox.clock.now() if sandbox.clock.offset else None
    return _message(reply(body["messages"], body.get("tools") or [], now=now))


def _read(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except ValueError:
        raise OpenAIError("We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise OpenAIError("We could not parse the JSON body of your request.")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise OpenAIError("you must provide a model parameter", param="model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        message = "Invalid 'messages': empty array. Expected an array with minimum length 1."
        raise OpenAIError(message, param="messages")
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        _check_message(message, index, open_calls)
    if open_calls:
        detail = ", ".join(sorted(open_calls))
        raise OpenAIError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            f"to each 'tool_call_id'. The following tool_call_ids did not have response "
            f"messages: {detail}",
            param="messages",
        )
    return body


def _check_message(message: object, index: int, open_calls: set[str]) -> None:
    where = f"messages[{index}]"
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise OpenAIError(f"Invalid value for '{where}.role'.", param=f"{where}.role")
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        raise OpenAIError(f"Invalid type for '{where}.content'.", param=f"{where}.content")
    if message["role"] == "tool":
        call_id = message.get("tool_call_id")
        if call_id not in open_calls:
            text = "messages with role 'tool' must be a response to a preceeding message"
            raise OpenAIError(f"{text} with 'tool_calls'.", param=f"{where}.role")
        open_calls.discard(str(call_id))
        return
    if open_calls:
        raise OpenAIError(
            "An assistant message with 'tool_calls' must be followed by tool messages responding "
            "to each 'tool_call_id'.",
            param=where,
        )
    for call in message.get("tool_calls") or []:
        if isinstance(call, dict):
            open_calls.add(str(call.get("id")))


def _message(answer: dict[str, Any]) -> dict[str, Any]:
    """Complete an assistant message: ids, types, arguments as text."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.get("content"),
        "refusal": answer.get("refusal"),
        "annotations": [],
    }
    calls = [_call(call) for call in answer.get("tool_calls") or []]
    if calls:
        message["tool_calls"] = calls
    return message


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function") or call
    arguments = function.get("arguments", {})
    text = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
    return {
        "id": call.get("id") or "call_" + secrets.token_urlsafe(15),
        "type": "function",
        "function": {"name": str(function.get("name", "")), "arguments": text},
    }


def _answer(body: dict[str, Any], message: dict[str, Any], scripted: dict[str, Any]) -> Response:
    finish = scripted.get("finish_reason") or ("tool_calls" if "tool_calls" in message else "stop")
    asked = len(orjson.dumps(body["messages"])) + len(orjson.dumps(body.get("tools") or []))
    said = len(orjson.dumps(message.get("tool_calls") or message.get("content") or ""))
    usage: dict[str, Any] = {
        # Four bytes a token is what the vendors tell people to expect.
        "prompt_tokens": max(1, asked // 4),
        "completion_tokens": max(1, said // 4),
        "total_tokens": max(1, asked // 4) + max(1, said // 4),
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    head: dict[str, Any] = {
        "id": "chatcmpl-" + secrets.token_urlsafe(18),
        "created": int(time.time()),
        "model": body["model"],
        "system_fingerprint": "fp_sandbox",
    }
    if body.get("stream"):
        return _streamed(head, message, finish, usage, body)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return JSON(head | {"object": "chat.completion", "choices": [choice], "usage": usage})


def _streamed(
    head: dict[str, Any],
    message: dict[str, Any],
    finish: str,
    usage: dict[str, Any],
    body: dict[str, Any],
) -> Response:
    """Return the whole answer as the few chunks a client can put together."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if message.get("content"):
        deltas += [{"content": word + " "} for word in message["content"].split(" ")[:-1]]
        deltas.append({"content": message["content"].split(" ")[-1]})
    for index, call in enumerate(message.get("tool_calls") or []):
        deltas.append({"tool_calls": [call | {"index": index}]})
    chunks: list[dict[str, Any]] = [
        {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
    ]
    chunks.append({"index": 0, "delta": {}, "finish_reason": finish})
    head = head | {"object": "chat.completion.chunk"}
    lines = [head | {"choices": [chunk]} for chunk in chunks]
    options = body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        lines.append(head | {"choices": [], "usage": usage})
    data = b"".join(b"data: " + orjson.dumps(line) + b"\n\n" for line in lines)
    return Response(data + b"data: [DONE]\n\n", media_type="text/event-stream")
