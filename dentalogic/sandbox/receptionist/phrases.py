"""What the receptionist says: short, with voseo, as one writes on WhatsApp; simple English too.

The Spanish sentences contain the words by which `asked_in` recognises later what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from dentalogic.sandbox.receptionist.text import fold

_ES = {
    "greeting": "¡Hola! Soy el asistente virtual de {clinic}.",
    "greeting_plain": "¡Hola! Soy el asistente virtual de la clínica.",
    "how_help": "¿En qué te ayudo?",
    "ask_service": "¿Qué necesitás hacerte? Por ejemplo: limpieza, consulta, arreglo de caries…",
    "ask_service_list": "Estos son nuestros servicios:\n{items}\n¿Qué necesitás hacerte?",
    "ask_when": "¿Qué día y en qué momento del día te queda bien?",
    "ask_when_move": "¿Para qué día y en qué momento del día lo pasamos?",
    "offer": "Tengo estos horarios:\n{items}\n¿Cuál te queda mejor?",
    "offer_one": "Tengo este horario:\n{items}\n¿Te sirve?",
    "offer_request": "La agenda la tiene que revisar la clínica, pero puedo tomar tu pedido "
    "para:\n{items}\n"
    "¿Cuál te queda mejor?",
    "none_alternatives": "{when} no me queda lugar. Lo más cercano que tengo:\n{items}\n¿Cuál te "
    "queda mejor?",
    "none": "{when} no me queda lugar. ¿Qué otro día te queda bien?",
    "none_when": "Para ese momento",
    "none_when_said": "Para {day}",
    "which": "¿Cuál de estos te queda mejor?\n{items}",
    "which_appointment": "Tenés estos turnos:\n{items}\n¿De cuál me hablás?",
    "taken": "Ese horario se acaba de ocupar. Te puedo ofrecer:\n{items}\n¿Cuál te queda mejor?",
    "taken_none": "Ese horario se acaba de ocupar. ¿Qué otro día te queda bien?",
    "expired": "Esos horarios hay que mirarlos de nuevo. ¿Qué día te queda bien?",
    "need": "Para anotarte necesito {facts}.",
    "need_other": "Para anotarlo necesito estos datos de tu {who}: {facts}.",
    "held": "Te guardo el horario hasta las {until}.",
    "again": "No pude leer bien {facts}. ¿Me lo escribís de nuevo?",
    "why": "Te entiendo. Sin {facts} la clínica no puede darte un turno: es para abrir tu ficha, "
    "y nadie "
    "más lo ve. ¿Me lo pasás?",
    "why_again": "No hay problema, pero sin {facts} no puedo darte un turno por acá. "
    "Si preferís, te paso con una persona del equipo: ¿querés?",
    "booked": "Listo, tu turno quedó reservado: {text}. ¡Te esperamos!",
    "booked_other": "Listo, el turno quedó reservado: {text}. ¡Los esperamos!",
    "requested": "Dejé tu pedido de turno: {text}. La clínica lo tiene que revisar y te lo "
    "confirma por acá.",
    "already_booked": "Ese turno ya quedó reservado: {text}.",
    "my_appointments": "Tenés:\n{items}",
    "no_appointments": "No encuentro turnos a tu nombre. ¿Querés que busquemos uno?",
    "ask_cancel": "¿Confirmás que querés cancelar este turno? {text}",
    "cancelled": "Listo, cancelé tu turno: {text}.",
    "ask_move": "¿Confirmás que lo paso? Quedaría así: {text}",
    "moved": "Listo, tu turno quedó cambiado: {text}.",
    "kept": "Perfecto, no cambié nada. ¿Te ayudo con algo más?",
    "visit_confirmed": "¡Gracias! Quedó anotado que venís: {text}.",
    "ambiguous": "¿Cuál de estos días decís?\n{items}",
    "unclear": "No entendí bien el día. ¿Me decís qué día te queda bien? Por ejemplo: el martes "
    "a la tarde.",
    "past": "Ese día ya pasó. ¿Qué otro día te queda bien?",
    "far": "Todavía no tenemos agenda abierta para tan adelante. ¿Qué día más cercano te queda "
    "bien?",
    "unknown_professional": "No encuentro a esa persona en el equipo. Atienden:\n{items}\n¿Con "
    "quién preferís?",
    "handoff": "Ya le avisé al equipo: una persona de la clínica te escribe por acá.",
    "handoff_impossible": "No pude avisarle al equipo desde acá. Por favor llamá a la clínica.",
    "emergency": "Por lo que contás, esto no puede esperar: andá ya a la guardia más cercana o "
    "llamá al 107 "
    "(emergencias).",
    "emergency_told": "Ya le avisé al equipo de la clínica.",
    "self_harm": "Lamento mucho que estés pasando por esto. No estás solo ni sola: llamá ahora "
    "al 135 o al "
    "0800 345 1435, atienden todo el día. Si estás en peligro, llamá al 107 o al 911.",
    "others_data": "No puedo compartir datos ni tocar turnos de otras personas. Sí te ayudo con "
    "lo tuyo: "
    "¿necesitás un turno?",
    "injection": "Con eso no te puedo ayudar. Sí te ayudo con tus turnos: ¿necesitás uno?",
    "price": "Los precios no los tengo por acá; te los pasa la clínica. Si querés, vemos un turno.",
    "price_of": "{items}",
    "insurers": "Trabajamos con: {items}. También atendemos de forma particular.",
    "services": "Hacemos:\n{items}",
    "professionals": "Atienden:\n{items}",
    "address": "La dirección no la tengo por acá; te la pasa la clínica. ¿Te ayudo con un turno?",
    "another_when": "Dale. ¿Qué otro día u horario te queda bien?",
    "thanks": "¡De nada! Cualquier cosa me escribís.",
    "bye": "¡Hasta luego! Cualquier cosa me escribís.",
    "audio": "No pude escuchar el audio. ¿Me lo escribís?",
    "photo": "Recibí tu archivo y queda para el equipo, pero yo no lo puedo mirar. ¿Me contás "
    "con palabras qué "
    "necesitás?",
    "unknown": "No te entendí bien. Te puedo ayudar a sacar, cambiar o cancelar un turno: ¿qué "
    "necesitás?",
    "unknown_again": "Perdón, sigo sin entender. ¿Buscamos un turno o preferís que te responda "
    "una persona del equipo?",
    "agenda_away": "Ahora no puedo ver la agenda. ¿Probamos en un ratito, o preferís que te "
    "escriba una persona "
    "del equipo?",
    "failed": "No pude hacerlo en este momento. ¿Probamos de nuevo, o preferís que te escriba "
    "una persona del equipo?",
    "pain": "Lamento que te duela.",
}
_EN = {
    "greeting": "Hi! I'm the virtual assistant of {clinic}.",
    "greeting_plain": "Hi! I'm the clinic's virtual assistant.",
    "how_help": "How can I help you?",
    "ask_service": "What do you need? For example: a cleaning, a check-up, a filling…",
    "ask_service_list": "These are our services:\n{items}\nWhat do you need?",
    "ask_when": "Which day and time of day suits you?",
    "ask_when_move": "Which day and time of day shall we move it to?",
    "offer": "I have these times:\n{items}\nWhich one suits you best?",
    "offer_one": "I have this time:\n{items}\nDoes it suit you?",
    "offer_request": "The clinic has to check the agenda, but I can take your request "
    "for:\n{items}\n"
    "Which one suits you best?",
    "none_alternatives": "{when} there is nothing left. The nearest I have:\n{items}\nWhich one "
    "suits you best?",
    "none": "{when} there is nothing left. Which other day suits you?",
    "none_when": "For that time",
    "none_when_said": "For that day",
    "which": "Which one suits you best?\n{items}",
    "which_appointment": "You have these appointments:\n{items}\nWhich one do you mean?",
    "taken": "That time was just taken. I can offer:\n{items}\nWhich one suits you best?",
    "taken_none": "That time was just taken. Which other day suits you?",
    "expired": "I have to look at those times again. Which day suits you?",
    "need": "To book it I need {facts}.",
    "need_other": "To book it I need the patient's {facts}.",
    "held": "I keep the time for you until {until}.",
    "again": "I could not read {facts}. Could you write it again?",
    "why": "I understand. Without {facts} the clinic can't give you an appointment: it is for "
    "your file, "
    "nobody else sees it. Could you send it?",
    "why_again": "No problem, but without {facts} I can't book here. Would you like somebody of "
    "the team to write to you?",
    "booked": "Done, your appointment is booked: {text}. See you!",
    "booked_other": "Done, the appointment is booked: {text}. See you!",
    "requested": "I took your request: {text}. The clinic has to check it and will write to you "
    "here.",
    "already_booked": "That appointment is already booked: {text}.",
    "my_appointments": "You have:\n{items}",
    "no_appointments": "I can't find appointments in your name. Shall we look for one?",
    "ask_cancel": "Do you confirm that you want to cancel this appointment? {text}",
    "cancelled": "Done, I cancelled your appointment: {text}.",
    "ask_move": "Do you confirm the change? It would be: {text}",
    "moved": "Done, your appointment was changed: {text}.",
    "kept": "All right, I changed nothing. Anything else?",
    "visit_confirmed": "Thank you! Noted that you are coming: {text}.",
    "ambiguous": "Which of these days do you mean?\n{items}",
    "unclear": "I did not get the day. Which day suits you? For example: Tuesday afternoon.",
    "past": "That day is over. Which other day suits you?",
    "far": "Our agenda is not open that far ahead. Which nearer day suits you?",
    "unknown_professional": "I can't find that person in our team. We have:\n{items}\nWho would "
    "you prefer?",
    "handoff": "I told the team: a person of the clinic will write to you here.",
    "handoff_impossible": "I could not reach the team from here. Please call the clinic.",
    "emergency": "This can't wait: go to the nearest emergency room (guardia) now or call 107.",
    "emergency_told": "I told the clinic's team.",
    "self_harm": "I am so sorry. You are not alone: call 135 or 0800 345 1435 now, day and night. "
    "If you are in danger, call 107 or 911.",
    "others_data": "I can't share other people's data or touch their appointments. I can help "
    "with yours: do you need one?",
    "injection": "I can't help with that. I can help with your appointments: do you need one?",
    "price": "I don't have the prices here; the clinic will tell you. If you like, we can look "
    "for a time.",
    "price_of": "{items}",
    "insurers": "We work with: {items}. Also without insurance.",
    "services": "We do:\n{items}",
    "professionals": "Our team:\n{items}",
    "address": "I don't have the address here; the clinic will tell you. Shall we look for a time?",
    "another_when": "Sure. Which other day suits you?",
    "thanks": "You're welcome!",
    "bye": "Bye! Write to me any time.",
    "audio": "I could not listen to the audio. Could you write it?",
    "photo": "I got your file and keep it for the team, but I can't look at it. Could you tell "
    "me what you need?",
    "unknown": "I did not get that. I can help you book, move or cancel an appointment: what do "
    "you need?",
    "unknown_again": "Sorry, I still don't get it. Shall we look for a time, or would you like "
    "somebody of the team to write?",
    "agenda_away": "I can't see the agenda right now. Try again in a while, or would you like "
    "somebody of the team to write?",
    "failed": "I could not do it right now. Try again, or would you like somebody of the team to "
    "write?",
    "pain": "I'm sorry that it hurts.",
}
_FACTS_ES = {
    "full_name": "nombre completo",
    "first_name": "nombre",
    "last_name": "apellido",
    "dni": "DNI",
    "insurance": "obra social (o si es particular)",
    "phone": "teléfono",
    "birth_date": "fecha de nacimiento",
}
_FACTS_EN = {
    "full_name": "full name",
    "first_name": "first name",
    "last_name": "last name",
    "dni": "DNI (ID number)",
    "insurance": "insurance (or if you pay yourself)",
    "phone": "phone number",
    "birth_date": "date of birth",
}
_ASKED = {
    "service": r"que necesitas hacerte|what do you need\?",
    "when": r"que (?:otro )?dia\b|para que dia|cual de estos dias|which (?:\w+ )?days?\b"
    r"|which of these days",
    "choice": r"te queda mejor\?|te sirve\?|suits you best|does it suit you",
    "appointment": r"de cual me hablas|which one do you mean",
    "confirm": r"confirmas que|do you confirm",
    "person": r"una persona del equipo|somebody of the team",
    "professional": r"con quien preferis|who would you prefer",
    "first_aid": r"guardia mas cercana|nearest emergency room",
    "unknown": r"no te entendi bien|sigo sin entender|did not get that|still don't get it",
    "list": r"busquemos uno|vemos un turno|ayudo con un turno|necesitas uno|necesitas un turno"
    r"|look for (?:one|a time)",
    "why": r"la clinica no puede darte|can't give you an appointment",
}
_ASKED_RULES = {name: re.compile(pattern) for name, pattern in _ASKED.items()}
_FACT_RULES = {
    "full_name": re.compile(r"\bnombre|\bapellido|\bcomo te llamas|\bname\b"),
    "dni": re.compile(r"\bdni\b|\bdocumento\b|\bid number\b"),
    "insurance": re.compile(r"\bobra social\b|\bprepaga\b|\bcobertura\b|\binsurance\b"),
    "phone": re.compile(r"\btelefono\b|\bcelular\b|\bphone\b"),
    "birth_date": re.compile(r"\bfecha de nacimiento\b|\bdate of birth\b"),
}
_ASKING = re.compile(r"\?|\bnecesito\b|\bpasame\b|\bdecime\b|\bme falta\w*|\bindicame\b|\bi need\b")


def phrase(key: str, *, english: bool, **words: str) -> str:
    """Return a sentence in the patient's language."""
    return (_EN if english else _ES)[key].format(**words)


def name_facts(fields: Iterable[str], *, english: bool, own: bool = True) -> str:
    """Return the names of the facts in a row: "nombre completo, DNI y obra social".

    A single one is the patient's `own` ("tu DNI"), unless it is somebody else's.
    """
    known = _FACTS_EN if english else _FACTS_ES
    names = [known.get(field, field.replace("_", " ")) for field in fields]
    if len(names) <= 1:
        return ("tu " if own and not english else "") + "".join(names) if names else "…"
    return f"{', '.join(names[:-1])}{' and ' if english else ' y '}{names[-1]}"


def numbered(items: Iterable[Any]) -> str:
    """Return the items as lines "1) …", taking `text` or `name` where an item is an object."""
    return "\n".join(f"{number}) {words_of(item)}" for number, item in enumerate(items, start=1))


def words_of(item: Any) -> str:
    if isinstance(item, dict):
        for key in ("text", "name", "label", "date"):
            if isinstance(item.get(key), str):
                return str(item[key])
        return ""
    return str(item)


@lru_cache(maxsize=256)
def asked_in(said: str) -> frozenset[str]:
    """Return what an assistant's text asked for: names of questions, and of facts."""
    folded = fold(said)
    found = {name for name, pattern in _ASKED_RULES.items() if pattern.search(folded)}
    if _ASKING.search(folded):
        found |= {name for name, pattern in _FACT_RULES.items() if pattern.search(folded)}
    return frozenset(found)


def facts_of(asked: Collection[str]) -> frozenset[str]:
    return frozenset(asked) & frozenset(_FACT_RULES)
