"""The language model, behind the one call we need of it.

The answer is read here, byte by byte, and not by the client library, which builds its objects
without checking them: whatever an endpoint sends becomes a `Reply` or one of two errors.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, cast

import httpx2  # what the openai client speaks HTTP with
import openai
from django.conf import settings
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Json = dict[str, Any]

MOST_BYTES = 2_000_000
MOST_CALLS = 16
MOST_ARGUMENTS = 100_000
CONNECT_SECONDS = 3.0
MOST_RETRIES = 2
REPLY_TOKENS = 4_000
_TOO_MUCH = frozenset({400, 413, 422})


class ModelAway(Exception):
    """Nobody answers, or the endpoint refuses to work. `code` is stable and safe to log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ModelGarbage(Exception):
    """An answer came that is none. `code` is stable and safe to log."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The model's next message: words, tool calls, or both."""

    text: str
    calls: tuple[ToolCall, ...]
    truncated: bool
    prompt_tokens: int
    completion_tokens: int

    @property
    def message(self) -> Json:
        """The message as it goes back to the API; monstrous arguments are left out."""
        message: Json = {"role": "assistant", "content": self.text or None}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {
                        "name": call.name,
                        "arguments": call.arguments
                        if len(call.arguments) <= MOST_ARGUMENTS
                        else "{}",
                    },
                }
                for call in self.calls
            ]
        return message


def _text(value: Any) -> Any:
    """Take no text for an empty one, and drop what PostgreSQL can't store."""
    return "" if value is None else value.replace("\x00", "") if isinstance(value, str) else value


_Text = Annotated[str, BeforeValidator(_text)]
_Tokens = Annotated[int, BeforeValidator(lambda value: value or 0), Field(ge=0, le=10**8)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Part):
    name: Annotated[_Text, Field(min_length=1, max_length=100)]
    arguments: _Text = ""


class _Call(_Part):
    id: _Text = ""
    type: Literal["function"] = "function"
    function: _Function


class _Message(_Part):
    content: _Text = ""
    tool_calls: Annotated[list[_Call], BeforeValidator(lambda value: value or [])] = []


class _Choice(_Part):
    message: _Message
    finish_reason: _Text = ""


class _Usage(_Part):
    prompt_tokens: _Tokens = 0
    completion_tokens: _Tokens = 0


class _Completion(_Part):
    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: Annotated[_Usage, BeforeValidator(lambda value: value or {})] = _Usage()


_lock = threading.Lock()


@lru_cache(maxsize=4)
def _client(base_url: str, api_key: str) -> openai.OpenAI:
    # The environment's proxies are for the internet; the endpoint is what the settings say.
    return openai.OpenAI(
        base_url=base_url,
        api_key=api_key or "none",
        max_retries=MOST_RETRIES,
        timeout=openai.Timeout(settings.OPENAI_TIMEOUT_SECONDS, connect=CONNECT_SECONDS),
    )


def client() -> openai.OpenAI:
    """Return the process's client of the endpoint that the settings name; safe between threads."""
    with _lock:
        return _client(settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY)


def complete(messages: Sequence[Json], tools: Sequence[Json], *, seconds: float) -> Reply:
    """Ask the model for its next message, within `seconds` of real time, retries included.

    Raises `ModelAway` after the retries of connection errors, 429 and 5xx, and `ModelGarbage` for
    an answer that can't be used; nothing else.
    """
    deadline = time.monotonic() + seconds
    each = max(0.05, min(settings.OPENAI_TIMEOUT_SECONDS, seconds))
    asking = client().with_options(
        max_retries=max(0, min(MOST_RETRIES, int(seconds / each) - 1)),
        timeout=openai.Timeout(each, connect=min(CONNECT_SECONDS, each)),
    )
    offered: Json = {"tools": list(tools)} if tools else {}
    try:
        with asking.chat.completions.with_streaming_response.create(
            model=settings.OPENAI_MODEL,
            messages=cast("Any", list(messages)),
            max_completion_tokens=REPLY_TOKENS,
            **offered,
        ) as answer:
            body = _read(answer.iter_bytes(), deadline)
    except openai.APITimeoutError as error:
        raise ModelAway("timeout") from error
    except openai.APIConnectionError as error:
        raise ModelAway("unreachable") from error
    except openai.APIStatusError as error:
        if error.status_code in _TOO_MUCH:
            raise ModelGarbage(f"refused_{error.status_code}") from error
        raise ModelAway(f"status_{error.status_code}") from error
    except (openai.APIError, httpx2.HTTPError) as error:
        raise ModelAway("interrupted") from error
    return read_completion(body)


def _read(chunks: Any, deadline: float) -> bytes:
    """Collect the body; a timeout of the client is between bytes, so a slow drip needs its own."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BYTES:
            raise ModelGarbage("too_long")
        if time.monotonic() > deadline:
            raise ModelAway("timeout")
        parts.append(chunk)
    return b"".join(parts)


def read_completion(body: bytes) -> Reply:
    """Read a chat completion, or raise `ModelGarbage`."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError as error:
        kinds = {problem["type"] for problem in error.errors(include_input=False)}
        raise ModelGarbage("no_json" if "json_invalid" in kinds else "wrong_shape") from None
    choice = completion.choices[0]
    calls = tuple(
        # Ids of our own: an endpoint that leaves them out or repeats them breaks the next request.
        ToolCall(f"call_{uuid.uuid4().hex[:24]}", call.function.name, call.function.arguments)
        for call in choice.message.tool_calls
    )
    if len(calls) > MOST_CALLS:
        raise ModelGarbage("too_many_calls")
    if not calls and not choice.message.content.strip():
        raise ModelGarbage("empty")
    return Reply(
        text=choice.message.content,
        calls=calls,
        truncated=choice.finish_reason == "length",
        prompt_tokens=completion.usage.prompt_tokens,
        completion_tokens=completion.usage.completion_tokens,
    )


def close() -> None:
    """Drop the connections; the next call opens new ones."""
    with _lock:
        _client.cache_clear()
