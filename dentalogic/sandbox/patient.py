"""A simulated patient: answers the assistant's texts from what it knows, in its own words.

Evaluations and demos play it against the agent. It keeps to plain rules, so that the same
assistant's text always gets the same answer; what it never knew it never says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dentalogic.sandbox.receptionist.text import fold

_FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "name",
        re.compile(r"\bnombre|\bapellido|\bcomo te llamas|\bcomo se llama|\byour name|\bfull name"),
    ),
    ("dni", re.compile(r"\bdni\b|\bdocumento\b|\bid number")),
    (
        "insurance",
        re.compile(r"\bobras? social|\bprepaga|\bcobertura|\bparticular\b|\binsurance"),
    ),
    ("phone", re.compile(r"\btelefono|\bcelular|\bphone\b|\bnumero de contacto")),
    ("birth_date", re.compile(r"\bfecha de nacimiento|\bnaciste|\bdate of birth")),
)
_ASKS = re.compile(
    r"\?|\bnecesit(?:o|amos|aria|aria\w*)\b|\bpasa(?:me|nos)\b|\bdeci(?:me|nos)\b|\bindica(?:me"
    r"|nos)\b"
    r"|\bme (?:pasas|decis|das|falta\w*)\b|\bescribi(?:me|nos)\b|\bconta(?:me|nos)\b|\benvia(?:me"
    r"|nos)\b|\bplease\b"
)
_CONFIRM = re.compile(
    r"confirm\w*|\bsegur[oa]\b|\best[aá]s de acuerdo|\blo (?:reservo|agendo|cancelo|paso|cambio"
    r"|muevo)\b"
    r"|\bte (?:reservo|agendo|sirve|parece|va)\b|\bqueres que (?:lo|te|la)\b|\bavanz\w+\?"
    r"|\bsuit you\?"
)
_CHOICE = re.compile(
    r"\b(?:cual|que horario|que opcion|cual de (?:est[oa]s|las|los)|preferis|elegi\w*|which"
    r"|te queda mejor)\b"
)
_OPTION = re.compile(r"^\s*(?:\d+\s*[).:-]|[-•*])\s*\S|\d{1,2}[:.]\d{2}", re.MULTILINE)
_CHOICES = {
    "first": "la primera",
    "second": "la segunda",
    "third": "la tercera",
    "last": "la última",
    "any": "cualquiera",
}
_DECLINES = {
    "name": "prefiero no dar mi nombre",
    "dni": "prefiero no dar mi DNI",
    "insurance": "prefiero no decir mi obra social",
    "phone": "prefiero no dar mi teléfono",
    "birth_date": "prefiero no dar mi fecha de nacimiento",
}
YES = "sí, dale"
DONT_KNOW = "no sé"


@dataclass(frozen=True, slots=True)
class Reply:
    """A pattern on what the assistant said, and the answer to it."""

    when: re.Pattern[str]
    say: str


@dataclass(frozen=True, slots=True)
class Patient:
    """What a scenario's patient knows, says and refuses."""

    opening: Sequence[str] = ()
    knows: Mapping[str, str] = field(default_factory=dict)
    replies: Sequence[Reply] = ()
    refuses: Collection[str] = ()

    def answer(self, said: str) -> str | None:
        """Return the answer to the assistant's text; None where it asks for nothing.

        The replies come first; then what is known of the facts asked for, all in one message;
        then a choice, then a yes; to any other question it is "no sé".
        """
        for reply in self.replies:
            if reply.when.search(said):
                return reply.say
        folded = fold(said)
        if not _ASKS.search(folded):
            return None
        told = self._tell_facts(_requests(folded))
        if told:
            return told
        if _CHOICE.search(folded) and _OPTION.search(folded):
            return self._choose()
        if _CONFIRM.search(folded):
            return YES
        # "Sin tu DNI no podemos. ¿Me lo pasás?" asks for what the sentence before names.
        return self._tell_facts(folded) or DONT_KNOW

    def _tell_facts(self, folded: str) -> str:
        asked = [name for name, pattern in _FIELDS if pattern.search(folded)]
        return ", ".join(
            _DECLINES[name] if name in self.refuses else self.knows[name]
            for name in asked
            if name in self.refuses or name in self.knows
        )

    def _choose(self) -> str:
        wanted = self.knows.get("slot", "first")
        return _CHOICES.get(wanted, wanted)


def _requests(folded: str) -> str:
    """Return the sentences that ask for something; the others only speak of it."""
    sentences = re.split(r"(?<=[.!?\n])\s+", folded)
    return " ".join(sentence for sentence in sentences if _ASKS.search(sentence))


def read_opening(value: object) -> list[str]:
    """Return the messages of a scenario's `opening`: a list, or `{repeat, say, then}`."""
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, Mapping):
        count = int(value.get("repeat", 0))
        burst = [str(value.get("say", "")).replace("{n}", str(n)) for n in range(1, count + 1)]
        return [*burst, str(value["then"])] if value.get("then") else burst
    return [str(value)] if value else []


def read_patient(data: Mapping[str, object]) -> Patient:
    """Return the patient of a scenario's `patient` mapping; keys for the road are passed over."""
    knows, replies, refuses = data.get("knows"), data.get("replies"), data.get("refuses")
    return Patient(
        opening=read_opening(data.get("opening")),
        knows={str(k): str(v) for k, v in knows.items()} if isinstance(knows, Mapping) else {},
        replies=[
            Reply(re.compile(str(item["when"])), str(item["say"]))
            for item in (replies if isinstance(replies, list) else [])
        ],
        refuses=[str(item) for item in refuses] if isinstance(refuses, list) else [],
    )
