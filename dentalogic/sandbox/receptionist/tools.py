"""The tools that the request offers, and arguments that fit their schemas."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Arguments = dict[str, Any]
Answer = dict[str, Any]


# What the tools take where a request leaves their schemas out.
_DOCUMENTED = {
    "check_availability": {"service", "when", "professional", "for_urgency", "reschedules"},
    "record_patient_facts": {
        "full_name",
        "dni",
        "insurance",
        "phone",
        "birth_date",
        "for_whom",
    },
    "book_appointment": {"slot"},
    "confirm_appointment": {"appointment"},
    "cancel_appointment": {"appointment", "confirmed", "reason"},
    "reschedule_appointment": {"appointment", "slot", "confirmed"},
    "triage_urgency": {"level", "symptoms"},
    "derivhumano": {"reason"},
}


class Tools:
    """What may be called, by name, with each tool's JSON schema."""

    def __init__(self, offered: Sequence[Any]) -> None:
        self._schemas: dict[str, Mapping[str, Any]] = {}
        for tool in offered:
            function = tool.get("function") if isinstance(tool, dict) else None
            if isinstance(function, dict) and isinstance(function.get("name"), str):
                schema = function.get("parameters")
                self._schemas[function["name"]] = schema if isinstance(schema, dict) else {}

    def __contains__(self, name: str) -> bool:
        return name in self._schemas

    def fit(self, name: str, wanted: Mapping[str, Any], text: str) -> Arguments:
        """Return the wanted arguments that the schema knows, and something for what it requires."""
        schema = self._schemas.get(name, {})
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            known = _DOCUMENTED.get(name, set())
            return {
                key: value for key, value in wanted.items() if value is not None and key in known
            }
        required = schema.get("required")
        needed = set(map(str, required)) if isinstance(required, list) else set()
        args: Arguments = {}
        for key, shape in properties.items():
            value = wanted.get(key)
            if value is not None:
                args[key] = value
            elif key in needed:
                args[key] = _blank(shape if isinstance(shape, dict) else {}, text)
        return args


def _blank(shape: Mapping[str, Any], text: str) -> Any:
    """Return null where the schema allows it, else the least that says nothing wrong."""
    options = shape.get("anyOf") or shape.get("oneOf")
    shapes = (
        [item for item in options if isinstance(item, dict)]
        if isinstance(options, list)
        else [shape]
    )
    kinds: list[Any] = []
    for item in shapes:
        kind = item.get("type")
        kinds += kind if isinstance(kind, list) else [kind]
    if "null" in kinds:
        return None
    for item in shapes:
        if isinstance(item.get("enum"), list) and item["enum"]:
            return item["enum"][0]
    blanks: dict[str, Any] = {
        "boolean": False,
        "integer": 0,
        "number": 0,
        "array": [],
        "object": {},
    }
    for kind in kinds:
        if isinstance(kind, str) and kind in blanks:
            return blanks[kind]
    return text[:500]


def call_id(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return an id that is the same for the same conversation and new at each of its steps."""
    digest = hashlib.sha256(str(len(messages)).encode())
    for message in messages:
        for part in (message.get("content"), message.get("tool_call_id")):
            if isinstance(part, str):
                digest.update(part.encode(errors="surrogatepass"))
        digest.update(b"|")
    return f"call_{digest.hexdigest()[:24]}"


def call(identifier: str, name: str, args: Mapping[str, Any]) -> Answer:
    """Return the assistant message that calls one tool."""
    arguments = json.dumps(dict(args), ensure_ascii=False)
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": identifier,
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
        ],
    }


def say(text: str) -> Answer:
    """Return the assistant message that is text alone."""
    return {"role": "assistant", "content": text, "tool_calls": []}
