"""What a reply claims to have happened, checked against what did. Holds for any model.

A sentence that says "quedó reservado", "cancelé", "lo pasé" or "ya avisé al equipo" needs an
effect of this turn, or something that is true in the database; else the whole reply is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agent.tools.calling import Effect, EffectKind
from dentalogic.core.names import name_key

LONGEST_REPLY = 1_500
LONGEST_FAREWELL = 400
_ENDS = (". ", "! ", "? ", ".\n", "!\n", "?\n", "\n")

_VISIT = r"(?:turnos?|citas?|horas?|horarios?|lugar|visita|consulta|appointment)"
_BOOKED = r"(?:reservad|agendad|confirmad|anotad|registrad|asignad|programad)[oa]s?"
_GONE = r"(?:cancelad|anulad|eliminad|borrad)[oa]s?|(?:dad[oa] |di )de baja"
_MOVED = r"(?:cambiad|movid|reprogramad|pasad|trasladad|modificad|adelantad|postergad)[oa]s?"
_STATE = (
    r"(?:quedo|queda|quedaron|quedas|quedaste|esta|estan|estas|fue|fueron|ha sido|tenes|ya|listo"
    r"|te)"
)
_OBJECT = rf"(?:(?:tu|el|su|la|ese|esa|este|un|los|las) )?{_VISIT}"

# What each kind of claim looks like, in words without accents.
_CLAIMS: dict[EffectKind, re.Pattern[str]] = {
    "booked": re.compile(
        rf"\b{_STATE}(?: \w+){{0,3}}? {_BOOKED}\b|\b{_VISIT} (?:\w+ )?{_BOOKED}\b"
        rf"|^(?:listo )?{_BOOKED}\b"
        rf"|\b(?:te |lo |la |ya )+(?:reserve|agende|anote|confirme|registre|programe|asigne)\b"
        rf"|\b(?:reserve|agende|anote|confirme|programe|asigne) {_OBJECT}\b"
        rf"|\b(?:acabo de|pude) (?:reservar|agendar|anotar|confirmar)\w*"
        rf"|\bya tenes (?:tu|el|un) {_VISIT}\b"
        r"|\b(?:is|are|was|have|has been|i|ve|you re) (?:\w+ )?(?:booked|reserved|scheduled)\b"
    ),
    "cancelled": re.compile(
        rf"\b{_STATE}(?: \w+){{0,3}}? (?:{_GONE})\b|\b{_VISIT} (?:\w+ )?(?:{_GONE})\b"
        rf"|^(?:listo )?(?:{_GONE})\b"
        r"|\b(?:te |lo |la |ya |listo )*(?:cancele|anule|elimine|borre)\b"
        r"|\bdi de baja\b|\b(?:acabo de|pude) (?:cancelar|anular)\w*"
        r"|\b(?:is|was|has been|i|ve) (?:\w+ )?cancell?ed\b"
    ),
    "moved": re.compile(
        rf"\b{_STATE}(?: \w+){{0,3}}? {_MOVED}\b|\b{_VISIT} (?:\w+ )?{_MOVED}\b"
        rf"|\b(?:te |lo |la |ya )+(?:cambie|movi|pase|reprograme|adelante|postergue)\b"
        rf"|\b(?:cambie|movi|pase|reprograme|adelante|postergue) {_OBJECT}\b"
        r"|\b(?:acabo de|pude) (?:cambiar|mover|pasar|reprogramar)\w*"
        r"|\b(?:is|was|has been|i|ve) (?:\w+ )?(?:moved|rescheduled|changed)\b(?! nothing)"
    ),
    "handed_off": re.compile(
        r"\b(?:ya )?(?:le |les )?avise (?:al|a el|a la|a una)"
        r" (?:equipo|clinica|persona|secretari\w+|recepcion)\b"
        r"|\bya (?:te )?(?:derive|transferi|comunique|pase con)\b"
        r"|\bte (?:derive|transferi) (?:con|a)\b"
        r"|\bquedo avisad[oa]\b|\bi (?:told|notified|alerted) the (?:team|clinic\w*)\b"
    ),
}
# Words that unsay what follows them: in the same breath (between commas), or in the whole sentence.
_UNSAID = re.compile(
    r"\b(?:no|sin|nunca|tampoco|todavia|aun|queres|podr\w+|pued\w+|voy a|vamos a|va a|quer\w+"
    r"|not|isnt|wasnt|havent|hasnt|didnt|cant|can|could|will|would)\b"
)
_CONDITION = re.compile(
    r"\b(?:si|cuando|apenas|hasta|una vez|antes de|para (?:que|poder)|if|once|until|when|before)\b"
)
_YES = re.compile(r"\bsí\b|\bsi(?=\s*[,:!])|\bpor si\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n;]*[.!?\n;]?")
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d{2}\b")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a reply may say: effects of this turn, kinds of effects told of earlier, and the hours
    (`14:00`) at which the person has appointments."""

    effects: Sequence[Effect]
    earlier: frozenset[str] = frozenset()
    hours: frozenset[str] = frozenset()

    def allows(self, kind: EffectKind, sentence: str) -> bool:
        if kind in self.earlier or any(effect.kind == kind for effect in self.effects):
            return True
        # "Tenés un turno reservado para el martes a las 14:00": true without an effect.
        said = {clock.replace(".", ":").zfill(5) for clock in _CLOCK.findall(sentence)}
        return kind == "booked" and bool(said) and said <= self.hours


def false_claims(reply: str, truth: Truth) -> list[EffectKind]:
    """Return the kinds of things that the reply says happened and that did not."""
    found: list[EffectKind] = []
    for match in _SENTENCE.finditer(_one_clock(reply)):
        sentence = match[0].strip()
        if sentence.endswith("?"):
            continue
        conditional = False
        for clause in _YES.sub(" ", sentence).split(","):
            key = name_key(clause)
            for kind, pattern in _CLAIMS.items():
                claim = pattern.search(key)
                if claim is None or _UNSAID.search(key[: claim.end()]):
                    continue
                before = key[: claim.start()]
                if conditional or _CONDITION.search(before) or truth.allows(kind, sentence):
                    continue
                found.append(kind)
            conditional = conditional or bool(_CONDITION.search(key))
    return list(dict.fromkeys(found))


def _one_clock(text: str) -> str:
    # "14.00" must not end a sentence.
    return re.sub(r"(\d)\.(\d)", r"\1:\2", text)


def checked(reply: str, truth: Truth) -> tuple[str, list[EffectKind]]:
    """Return the reply, or a safe text in its place with the false claims that it made."""
    lies = false_claims(reply, truth)
    if not lies:
        return reply, []
    return what_happened(truth.effects) or _(
        "Por ahora no hice ningún cambio en tus turnos. ¿Me decís qué necesitás y lo vemos?"
    ), lies


def what_happened(effects: Sequence[Effect]) -> str:
    """Say what this turn did, in words of our own; empty if it did nothing."""
    sentences = {
        "booked": _("El turno quedó reservado: {visit}."),
        "requested": _("Dejé tu pedido de turno: {visit}. La clínica te lo confirma por acá."),
        "cancelled": _("Cancelé el turno del {visit}."),
        "moved": _("El turno quedó cambiado: {visit}."),
        "handed_off": _("Ya le avisé al equipo: una persona de la clínica te escribe por acá."),
    }
    said = [sentences[effect.kind].format(visit=effect.text) for effect in effects]
    return " ".join(dict.fromkeys(said))


def bounded(text: str, most: int = LONGEST_REPLY) -> str:
    """Return the text cut after a whole sentence, if it is longer than a message should be."""
    text = text.replace("\x00", "").strip()
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    end = max(cut.rfind(mark) for mark in _ENDS)
    return cut[: end + 1].strip() if end > most // 3 else cut.rsplit(" ", 1)[0].strip() + "…"


def last_whole_sentence(text: str) -> str:
    """Return a text that broke off up to its last whole sentence; empty if it has none."""
    end = max(text.rfind(mark) for mark in ".!?\n")
    return text[: end + 1].strip()
