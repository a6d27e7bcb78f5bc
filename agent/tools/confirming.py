"""Whether the patient said yes to exactly this. Holds for any model.

A change is confirmed when the question about the same appointment (and slot) was put in an earlier
turn whose reply the patient got, nothing was answered to it with a no since, and what they write
now is a yes. The model's word alone confirms nothing.
"""

from __future__ import annotations

import re

from agent.tools.calling import Desk, Outcome, PastCall
from dentalogic.core.names import name_key

# A question older than this many replies is forgotten: a yes by then is about something else.
MOST_REPLIES_AGO = 3

_HARMLESS_NO = re.compile(
    r"\bno (?:hay (?:problema|drama)|te preocupes|pasa nada|llego|podre|voy a poder|puedo ir"
    r"|puedo (?:ese|el|a esa)\w*|problem)\b"
)
_YES = re.compile(
    r"\b(?:s+i+p?|sisi|dale+|ok|oka|oki|okey|okay|okis|listo|perfecto|bueno|claro|de una|joya"
    r"|barbaro|genial|confirm(?:o|ado|ada|alo|ala|amos)|correcto|exacto|asi es|esta bien|buenisimo"
    r"|vamos|obvio|me sirve|me va|me queda bien|de acuerdo|por supuesto|adelante|hacelo"
    r"|cancelal[oa]|anulal[oa]|cambial[oa]|movel[oa]|pasal[oa]|cancela|afirmativo|yes|yeah|yep"
    r"|yup|sure|please do|sounds good|go ahead|sim|pode ser)\b"
)
_NO = re.compile(
    r"\b(?:no+|nop|nah|nono|nunca|jamas|tampoco|todavia|espera\w*|deja(?:lo|la)?|olvidate"
    r"|mejor (?:otro|otra|mas tarde|dejalo)|ningun[oa]?|nope|not|dont|wait|nao)\b"
)
_THUMBS_UP = re.compile("^\\W*(?:\U0001f44d|\U0001f44c|\u2705|\U0001f197)")
_THUMBS_DOWN = re.compile("[\U0001f44e\u274c\U0001f645]")


def is_yes(text: str) -> bool:
    """Say whether a message agrees; one that agrees and refuses does not agree."""
    if is_no(text):
        return False
    return bool(_YES.search(name_key(text)) or _THUMBS_UP.search(text))


def is_no(text: str) -> bool:
    """Say whether a message refuses or hesitates."""
    key = _HARMLESS_NO.sub(" ", name_key(text))
    return bool(_NO.search(key) or _THUMBS_DOWN.search(text))


def is_confirmed(desk: Desk, name: str, **subject: str) -> bool:
    """Say whether the patient was asked about this, and says yes to it now."""
    said = [message.text for message in desk.context.new]
    if any(is_no(text) for text in said) or not any(is_yes(text) for text in said):
        return False
    asked = _last_question(desk)
    if asked is None or asked.name != name or not _is_about(asked, subject):
        return False
    return not any(is_no(text) for text in _answers_since(desk, asked.since))


def _last_question(desk: Desk) -> PastCall | None:
    """Return the latest question that the patient got and that is not settled yet."""
    for call in reversed(desk.past):
        if not call.told or call.since > MOST_REPLIES_AGO:
            continue
        if call.result.get("error") == "needs_confirmation":
            return call
        if call.name in {"cancel_appointment", "reschedule_appointment"} and call.result.get("ok"):
            return None
    return None


def _is_about(call: PastCall, subject: dict[str, str]) -> bool:
    said = {key: str(call.result.get(key, "")).upper() for key in subject}
    wanted = {key: value.upper() for key, value in subject.items()}
    # References of appointments are beginnings of an id, which may be written longer than needed.
    one, other = said.pop("appointment", ""), wanted.pop("appointment", "")
    same = bool(one and other) and (one.startswith(other) or other.startswith(one))
    return same and said == wanted


def _answers_since(desk: Desk, replies: int) -> list[str]:
    """Return what the patient wrote after the reply that is `replies` replies back."""
    found: list[str] = []
    seen: set[object] = set()
    for line in reversed(desk.context.history):
        if line.author == "agent":
            seen.add(line.turn_id)
            if len(seen) > replies:
                break
        elif line.author == "patient":
            found.append(line.text)
    return found


def done_before(desk: Desk, name: str, **subject: str) -> Outcome | None:
    """Return the result of the same change when it was made in a turn whose reply never went out.

    The patient repeats themselves in that case, and must hear that it is done.
    """
    for call in reversed(desk.past):
        if call.told:
            return None
        if call.name == name and call.result.get("ok") and _is_about(call, subject):
            return {key: value for key, value in call.result.items() if key != "ok"}
    return None
