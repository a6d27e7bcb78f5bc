"""What the content of a business's message must look like, and how a phone shows it."""

from __future__ import annotations

from typing import Any

from dentalogic.sandbox.meta.errors import GraphError
from dentalogic.sandbox.meta.media import MediaStore

FILES = {"image", "audio", "video", "document", "sticker"}
TYPES = FILES | {"text", "template", "interactive", "reaction", "location", "contacts"}
BUTTONS = range(1, 4)
TEXT_LIMIT = 4096


def check_content(kind: str, content: object, media: MediaStore) -> None:
    """Refuse content that Meta would refuse."""
    if kind == "contacts":
        if not isinstance(content, list) or not content:
            raise GraphError(100, "The parameter contacts is required.")
        return
    if not isinstance(content, dict):
        raise GraphError(100, f"The parameter {kind} is required.")
    if kind == "text":
        _limited(content.get("body"), "text['body']", TEXT_LIMIT)
    elif kind == "template":
        _limited(content.get("name"), "template['name']", 512)
        language = content.get("language")
        if not isinstance(language, dict) or not isinstance(language.get("code"), str):
            raise GraphError(100, "The parameter template['language']['code'] is required.")
    elif kind == "interactive":
        _check_interactive(content)
    elif kind == "reaction":
        _limited(content.get("message_id"), "reaction['message_id']", 512)
    elif kind in FILES:
        if isinstance(content.get("id"), str):
            media.get(content["id"])
        elif not str(content.get("link", "")).startswith(("http://", "https://")):
            raise GraphError(100, f"{kind} needs an id or a link.")


def _limited(value: object, name: str, limit: int) -> None:
    if not isinstance(value, str) or not value:
        raise GraphError(100, f"The parameter {name} is required.")
    if len(value) > limit:
        raise GraphError(100, f"Param {name} must be at most {limit} characters long.")


def _check_interactive(content: dict[str, Any]) -> None:
    action, body = content.get("action"), content.get("body")
    if not isinstance(action, dict) or not isinstance(body, dict):
        raise GraphError(100, "interactive needs a body and an action.")
    _limited(body.get("text"), "interactive['body']['text']", 1024)
    buttons = action.get("buttons")
    if content.get("type") == "button":
        if not isinstance(buttons, list) or len(buttons) not in BUTTONS:
            raise GraphError(131009, "Invalid buttons count. Min allowed buttons: 1, max: 3")
        for button in buttons:
            reply = button.get("reply") if isinstance(button, dict) else None
            if not isinstance(reply, dict):
                raise GraphError(131009, "A button needs a reply.")
            _limited(reply.get("title"), "button title", 20)
            _limited(reply.get("id"), "button id", 256)
    elif content.get("type") == "list" and not isinstance(action.get("sections"), list):
        raise GraphError(131009, "A list needs sections.")


def readable(kind: str, content: Any) -> str:  # noqa: PLR0911 - one line a kind
    """Return a message's words, as a phone would show them."""
    if kind == "text":
        return str(content["body"])
    if kind == "interactive":
        return str(content["body"]["text"])
    if kind == "template":
        return _template_words(content)
    if kind == "reaction":
        return str(content.get("emoji", ""))
    if kind == "location":
        return str(content.get("name") or "Ubicación")
    if kind == "contacts":
        return "Contacto"
    return str(content.get("caption") or content.get("filename") or "")


def _template_words(content: dict[str, Any]) -> str:
    values = [
        str(parameter.get("text", ""))
        for component in content.get("components") or []
        if isinstance(component, dict) and component.get("type") == "body"
        for parameter in component.get("parameters") or []
        if isinstance(parameter, dict)
    ]
    return " · ".join(value for value in values if value) or str(content["name"])
