"""What a message is about, apart from booking: a closed set of rules over the folded text."""

from __future__ import annotations

import re
from functools import lru_cache

from dentalogic.sandbox.receptionist.text import fold

_RULES: dict[str, str] = {
    "human": (
        r"\b(?:habl\w+|comunic\w+|pas\w+|atiend\w+|conect\w+|quiero|necesito|derivam\w*"
        r"|prefiero)\b[^.\n]{0,40}"
        r"\b(?:una? persona|un humano|humano|alguien(?: de verdad| real)?|la secretaria|secretaria"
        r"|recepcion(?:ista)?|un operador|un asesor|una chica|gente real|algun empleado"
        r"|encargad[oa])\b"
        r"|\b(?:no (?:con )?un (?:robot|bot|contestador|maquina)|sos un (?:robot|bot) no)\b"
        r"|\b(?:speak|talk) (?:to|with) (?:a |some)?(?:human|person|one|somebody|real)\w*"
    ),
    "complaint": (
        r"\b(?:abogad[oa]s?|denunci\w+|demanda(?:r|rlos)?|carta documento|mala praxis"
        r"|defensa del consumidor"
        r"|los voy a (?:matar|reventar|prender fuego)|historia clinica|mi historial|lawyer"
        r"|sue you)\b"
    ),
    "injection": (
        r"\bignor\w* (?:\w+ ){0,3}(?:instruccion\w*|reglas?|indicaciones|anterior\w*"
        r"|instructions?|rules?)"
        r"|\bolvid\w* (?:\w+ ){0,3}(?:instruccion\w*|reglas?|anterior\w*)|\bsystem ?:"
        r"|\bsystem prompt"
        r"|\b(?:mostra\w*|revela\w*|decime|pasame|cual es) (?:tu |tus |el )(?:prompt|instrucciones)"
        r"|\bsoy (?:el |la )?(?:duen[oa]|admin\w*|desarrollador\w*|programador\w*|jef[ea]"
        r"|director\w*)"
        r"|\bmodo (?:desarrollador|admin\w*|debug)|\bdeveloper mode|\bjailbreak|\bact as\b"
        r"|\bactua como\b"
        r"|\bbook_appointment\b|\bcancel_appointment\b|\brecord_patient_facts\b|</?(?:system|tool"
        r"|assistant)"
    ),
    "cancel": (
        r"\b(?:cancel\w*|anul\w+|dar(?:lo|la|me)? de baja|suspend\w+|no voy a (?:poder )?ir"
        r"|borr\w+ (?:el|mi) turno"
        r"|sac(?:ame|arme) el turno que tengo|dej\w+ sin efecto|baja (?:el|mi) turno)\b"
    ),
    "reschedule": (
        r"\b(?:reprogram\w*|reagend\w*|reschedul\w*|repact\w*|posterg\w*|adelant\w+ (?:el|mi"
        r"|un)? ?turno)\b"
        r"|\b(?:cambi\w+|mov\w+|muev\w+|corr\w+|pas\w+|traslad\w+|change"
        r"|move)\b[^.\n]{0,25}\b(?:turno|cita|hora\w*|fecha"
        r"|dia|appointment)\b"
        r"|\blo (?:\w+ ){0,2}(?:pas\w+|cambi\w+|mov\w+|muev\w+|corr\w+|dejamos)(?:\w*) (?:a|al"
        r"|para)\b"
        r"|\b(?:pasar|cambiar|mover|correr|moverlo|cambiarlo|pasarlo|correrlo|pasamelo|movemelo"
        r"|cambiamelo)"
        r"(?:lo)? (?:a|al|para|por)\b"
        r"|\bno (?:llego|voy a llegar|puedo ir|voy a poder ir|puedo asistir)\b"
    ),
    "list": (
        r"\b(?:cuando|que dia|a que hora|que hora|cual|con quien) (?:\w+ ){0,3}(?:mi|el|tengo|era"
        r"|es)\b[^.\n]{0,15}\bturno"
        r"|\b(?:que|cuales|mis|ver mis) turnos\b(?! (?:tenes|tienen|hay|libres|disponibles))"
        r"|\btengo (?:algun |un )?turno\b[^.\n]*\?|\bmis turnos\b"
        r"|\bno me acuerdo (?:\w+ ){0,3}turno"
        r"|\b(?:when is|do i have) (?:my|an|any) appointment"
    ),
    "confirm_visit": r"\b(?:confirm\w+ (?:mi |el |la )?(?:turno|cita|asistencia)"
    r"|voy a ir al turno|confirmo que voy)\b",
    "price": (
        r"\b(?:cuanto (?:sale|cuesta|cobran|cobras|vale|es|salen|me sale|saldria|costaria)"
        r"|precios?|valor(?:es)?"
        r"|arancel\w*|costos?|tarifas?|how much|price|cost)\b"
    ),
    "insurers": (
        r"\b(?:atiend\w+|trabaj\w+|acept\w+|tom\w+|recib\w+|tienen|cubr\w+"
        r"|con)\b[^.\n]{0,25}\b(?:obras? social\w*|prepagas?"
        r"|insurance|osde|swiss|galeno|pami|ioma|medife|omint|medicus|sancor)\b[^.\n]*\?"
        r"|\b(?:que|cuales|con que) (?:obras? social\w*|prepagas?)"
        r"|\b(?:atiend\w+|trabaj\w+|acept\w+|tom[ae]n?) (?:por |con )?(?:la )?(?:obras? social\w*"
        r"|prepagas?|osde|swiss\w*"
        r"|galeno|pami|ioma|medife|omint|medicus|sancor)\b|\bdo you (?:take|accept)"
    ),
    "hours": (
        r"\b(?:que|cuales son los|cual es el"
        r"|en que) (?:\w+ ){0,2}horarios?\b[^.\n]{0,20}\b(?:atien\w+|tienen|abr\w+|trabaj\w+|hacen)"
        r"|\bhorarios? de atencion|\b(?:a que hora|hasta que hora"
        r"|que dias) (?:\w+ ){0,2}(?:abr\w+|cierr\w+|atiend\w+|trabaj\w+)"
        r"|\batienden (?:los |el |hoy|sabado|domingo|feriados?)|\bopening hours"
        r"|\bwhat time do you (?:open|close)"
    ),
    "professionals": (
        r"\b(?:quien(?:es)? (?:\w+ ){0,2}(?:atiend\w+|hac\w+|trabaj\w+|son)|que (?:profesional\w*"
        r"|doctor\w*|odontolog\w*"
        r"|dentist\w*)|con quien (?:es|seria|me atiendo)|cuales son los (?:doctor\w*"
        r"|profesional\w*|odontolog\w*)|which doctors?)\b"
    ),
    "services": (
        r"\b(?:que|cuales) (?:\w+ ){0,2}(?:servicios?|tratamientos?|prestaciones"
        r"|cosas) (?:\w+ ){0,2}(?:hac\w+|ofrec\w+|tien\w+|hay)?"
        r"|\bhacen (?:implantes?|ortodoncia|brackets|protesis|carillas|coronas|placas?"
        r"|alineadores|botox)"
        r"|\bwhat services"
    ),
    "address": (
        r"\b(?:donde (?:\w+ )?(?:estan|quedan?|es|atienden)|direccion|ubicacion|como llego"
        r"|where are you|address)\b"
    ),
    "thanks": r"\b(?:gracias|grax|graciass*|mil gracias|thank you|thanks|thx|muy amable)\b",
    "bye": r"\b(?:chau|chao|adios|hasta luego|nos vemos|hasta (?:manana|el \w+)|saludos|bye"
    r"|goodbye)\b",
    "greeting": (
        r"^\W*(?:hol[ai]s?|holaa+|ola|buen(?:as|os)?(?: dias?| tardes?| noches?)?|que tal|hello"
        r"|hi|hey"
        r"|good (?:morning|afternoon|evening))\b"
    ),
    "booking": (
        r"\b(?:turnos?|citas?|agendar\w*|reserv(?:ar|a|o)\w*|sacar hora|appointment|book(?:ing)?"
        r"|atenderme|atencion)\b"
    ),
    "others_data": (
        r"\b(?:pasame|pasa|pasar|pasarme|decime|dame|mostrame|mandame|averigu\w+|contame|sabes"
        r"|quiero|necesito"
        r"|give me|tell me|send me)\b[^.\n]{0,50}\b(?:dni|telefono|numero|celular|obra social"
        r"|historia|datos|phone)\b"
        r"[^.\n]{0,25}\b(?:de (?!hoy|manana|mi\b|mis\b|los\b|las\b|tu\b|la\b|contacto|ustedes"
        r"|un\b|una\b|turno)[a-z]+"
        r"|del paciente|of [a-z]+)"
        r"|\b(?:turno|dni|datos|telefono) de (?:otr[oa]s?|un|una|tod[oa]s|los|las) (?:paciente"
        r"|persona|cliente)\w*"
        r"|\b(?:lista|listado|todos los) (?:\w+ )?(?:de )?pacientes"
    ),
}
_PATTERNS = {name: re.compile(pattern, re.MULTILINE) for name, pattern in _RULES.items()}
_MEDIA = re.compile(
    r"^\W*[\[<(*]\s*(?P<kind>audio|nota de voz|voice|imagen|foto|image|photo|video|sticker"
    r"|documento|document|archivo"
    r"|ubicacion|location|contacto)\b[^\n]*?[\]>)*]\W*$"
)
_APPOINTMENT_OF = re.compile(
    r"\b[Tt]urnos? (?:que tiene |de )(?!Dr|Doc|Lun|Mar|Mi|Jue|Vie|S[aá]b)[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+"
)
_ENGLISH = re.compile(
    r"\b(?:the|hello|hi|please|want|need|would|like|appointment|book|cleaning|tooth|teeth|my|is"
    r"|are|you|i|i'd|i'm|thanks"
    r"|thank|monday|tuesday|wednesday|thursday|friday|tomorrow|morning|afternoon|for|have|what"
    r"|how|can|with|first|yes|next)\b"
)
_SPANISH = re.compile(
    r"\b(?:el|la|los|las|de|que|quiero|hola|buenas|para|por|una?|mi|es|con|turno|gracias|puede"
    r"|puedo|tengo|se|lo|al|dale"
    r"|manana|tarde|lunes|martes|miercoles|jueves|viernes|si|como|limpieza|consulta|soy|necesito)\b"
)


@lru_cache(maxsize=256)
def read_intents(text: str) -> frozenset[str]:
    """Return the names of the rules that the text meets."""
    folded = fold(text)
    found = {name for name, pattern in _PATTERNS.items() if pattern.search(folded)}
    if _APPOINTMENT_OF.search(text):
        found.add("others_data")
    return frozenset(found)


def media_kind(text: str) -> str | None:
    """Return what a placeholder stands for, when the message is nothing but a placeholder."""
    lines = [line for line in fold(text).splitlines() if line.strip()]
    found = [_MEDIA.match(line) for line in lines]
    return found[0]["kind"] if found and all(found) and found[0] else None


def is_english(text: str) -> bool:
    """Tell English from Spanish by their small words; in doubt it is Spanish."""
    folded = fold(text)
    return len(_ENGLISH.findall(folded)) > len(_SPANISH.findall(folded)) + 1
