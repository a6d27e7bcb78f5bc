"""What the patient wants done, for whom, and with whom."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dentalogic.sandbox.receptionist.text import fold, words_in

_SERVICES: tuple[tuple[str, str], ...] = (
    (
        "endodoncia",
        r"(?:tratamiento de )?conductos?|endodonc\w*|matar(?:me)? el nervio|root canal",
    ),
    (
        "extraccion",
        r"extracc?i\w*|extraer(?:me|le)?|sac(?:ar|arme|arle|arse)(?: la| una| el| un| mi| las"
        r"| los| de)*"
        r" (?:muelas?|dientes?|cordal\w*|raiz)|muelas? de(?:l)? juicio|extraction|wisdom tooth"
        r"|(?:pull|remove) (?:a |my |the )?tooth",
    ),
    ("blanqueamiento", r"blanque\w*|aclara(?:r|miento)\w*|dientes mas blancos|whiten\w*"),
    (
        "limpieza",
        r"limpi(?:eza|esa|ar|arme|arse|ecita)\w*|limpiezas?|profilaxis|sarro|destartraje"
        r"|higiene(?: dental| bucal)?|cleaning",
    ),
    (
        "caries",
        r"cari(?:e|es)|arregl(?:o|ar|arme|arle|arse|os|ito)(?: de| una| un| la| el| mi)*"
        r" (?:caries?|muelas?|dientes?)|un arreglo|tap(?:ar|arme|arle)(?: una| la| el)* \w+"
        r"|tapadura|empaste|emplomadura|obturacion|se me (?:salio|cayo) (?:el arreglo|la pasta"
        r"|un arreglo|el empaste|la emplomadura)|filling|cavity|cavities",
    ),
    (
        "consulta",
        r"(?<!hago una )(?<!hacer una )(?<!hacerte una )(?<!hacerle una )"
        r"(?<!hacerles una )consultas?"
        r"|controle?s?|control\w{0,4}|revisi?on\w*|revis(?:ar|arme|arle|en|es|e|acion)(?:me|le)?"
        r"|cheque(?:o|ar|arme)|check ?-?up|evaluacion|que me (?:vea|vean|miren|mire)|primera vez"
        r"|presupuesto|consultation",
    ),
)
_RULES = tuple((name, re.compile(rf"\b(?:{pattern})\b")) for name, pattern in _SERVICES)
_DENIED = re.compile(
    r"\b(?:no (?:es|quiero|necesito|para|hace falta|busco|tengo|me hicieron)|ya me (?:hice"
    r"|hicieron)"
    r"|sin|en vez de(?: la| el| una?)?|en lugar de(?: la| el| una?)?)(?: (?:por|una?|la|el"
    r"|ningun\w*))*\s*$"
)
_QUESTION = re.compile(r"^(?:hola[,! ]*)?(?:tengo |te hago |queria hacer )?una consulta\W*$")
_PAIN = re.compile(
    r"\bme duel\w*|\bduel[ea]\w*|\bdolor\w*|\bmolesti\w+|\bhinch\w+|\bflemon|\babsceso|\btoothache"
    r"|\bhurts?\b|\bpain\w*|\brompi\w* (?:un |el |una |la )?(?:diente|muela)"
)
_SEVERE = re.compile(
    r"\b(?:muchisimo|mucho|un monton|insoportable|terrible|horrible|fuerte|fuertisimo|no aguanto"
    r"|no (?:me )?dejo? dormir|no (?:puedo|pude) dormir|no dormi|a full|matando|muero de|rabiando"
    r"|severe|terrible|bad|can'?t sleep)\b"
)
_SWOLLEN = re.compile(r"\b(?:hinch\w+|flemon|absceso|pus|swollen|swelling)\b")
_URGENT = re.compile(r"\b(?:urgencia|urgente|emergencia|de urgencia|urgent|emergency)\b")
_NEGATION = re.compile(r"\b(?:no|ni|sin|nada|tampoco|not|no longer|ya no)\b(?:\W+\w+){0,2}\W*$")
_TENSE_OF_THE_PAST = re.compile(r"\b(?:me (?:sacaron|hicieron|hice)|ya me|tuve)\b[^.,\n]*$")

_RELATIONS = (
    r"hij[oa]s?|hijit[oa]|nen[ea]s?|beb[ea]|chic[oa]|mama|madre|vieja|papa|padre|viejo|marido"
    r"|esposo"
    r"|esposa|mujer|senora|abuel[oa]|herman[oa]|sobrin[oa]|niet[oa]|suegr[oa]|novi[oa]|pareja"
    r"|amig[oa]"
    r"|ti[oa]|prim[oa]|cunad[oa]"
)
_FOR_OTHER = re.compile(
    rf"\b(?:para|a|de|es|que|y) (?:mi|el|la|mis) (?P<who>{_RELATIONS})\b"
    rf"|\bmi (?P<owner>{_RELATIONS})\b[^.\n]*\b(?:necesita|quiere|tiene|le|se|precisa|esta|anda)\b"
)
_FOR_SELF = re.compile(
    r"\b(?:(?:es )?para mi|yo mismo|yo misma|for me|for myself)\b(?! \w*(?:hij|mam|pap))"
)
_FOR_ENGLISH = re.compile(
    r"\bfor my (?P<who>son|daughter|kid|child|wife|husband|mother|mom|father|dad|brother|sister)\b"
)
_ENGLISH_RELATIONS = {
    "son": "hijo",
    "daughter": "hija",
    "kid": "hijo",
    "child": "hijo",
    "wife": "esposa",
    "husband": "esposo",
    "mother": "madre",
    "mom": "madre",
    "father": "padre",
    "dad": "padre",
    "brother": "hermano",
    "sister": "hermana",
}
_WITH_TITLE = re.compile(
    r"\b(?:(?:con|por|para) )?(?:(?:el|la) )?(?:dra?\b\.?|doctora?\b|doc\b|odontologa?\b"
    r"|dentista\b)"
    r" ?(?P<name>[a-z]{3,}(?: [a-z]{3,}){0,2})"
)
_WITH = re.compile(r"\b(?:con|with) (?P<name>[a-z]{3,}(?: [a-z]{3,}){0,2})")
_NOT_A_NAME = words_in(
    "una uno unos unas las los del que por para mis vos ustedes ellos ella quien quienes cualquiera"
    " alguien alguno alguna persona personas dolor fiebre urgencia turno turnos misma mismo "
    "anestesia"
    " seguro obra social prepaga tarjeta efectivo tiempo hambre sangre mucho mucha poco todo todos"
    " esto eso esta este ese esa hijo hija nene nena mama papa marido esposa esposo mujer hermano"
    " hermana humano humana alguien secretaria recepcion recepcionista gente robot bot placer gusto"
    " cuidado lugar horario hora dia manana tarde noche lunes martes miercoles jueves viernes "
    "sabado"
    " domingo otro otra otros quiero puede puedo podes podria tiene tenes atiende atienden esta hay"
    " gracias porfa favor trabaja trabajan limpieza consulta control caries conducto extraccion"
    " blanqueamiento hoy pasado semana despues antes anybody anyone the doctor dentist someone"
    " person human real and please tomorrow monday tuesday wednesday thursday friday saturday el la"
    " ustedes nosotros mi me te se lo le si no sin muela muelas diente dientes problema problemas"
    " aparatos brackets implante implantes corona protesis caries cuando como donde tengo tenia"
    " osde galeno pami ioma swiss medical omint medife particular insurance tooth pain"
)
_TRADING = re.compile(r"\b(?:trabaj\w+|atiend\w+|acept\w+|tom\w+|reciben|tienen convenio)\s*$")


def read_service(text: str) -> str | None:
    """Return the clinic's word for the service asked for, the most specific one first."""
    folded = fold(text)
    if _QUESTION.match(folded.strip()):
        return None
    for name, pattern in _RULES:
        for found in pattern.finditer(folded):
            before = folded[max(0, found.start() - 40) : found.start()]
            if not (_DENIED.search(before) or _TENSE_OF_THE_PAST.search(before)):
                return name
    return None


def has_pain(text: str) -> bool:
    return _affirmed(_PAIN, fold(text))


def is_severe(text: str) -> bool:
    """Tell pain that wants to be seen today or tomorrow from an ordinary discomfort."""
    folded = fold(text)
    if _affirmed(_SWOLLEN, folded) or _affirmed(_URGENT, folded):
        return True
    return _affirmed(_PAIN, folded) and bool(_SEVERE.search(folded))


def _affirmed(pattern: re.Pattern[str], folded: str) -> bool:
    return any(
        not _NEGATION.search(folded[max(0, found.start() - 30) : found.start()])
        for found in pattern.finditer(folded)
    )


def read_for_whom(text: str) -> str | None:
    """Return the relation of the person it is for ("hijo"), "self", or None."""
    folded = fold(text)
    english = _FOR_ENGLISH.search(folded)
    if english:
        return _ENGLISH_RELATIONS[english["who"]]
    other = _FOR_OTHER.search(folded)
    if other:
        start, end = other.span("who" if other["who"] else "owner")
        return text[start:end].lower()
    return "self" if _FOR_SELF.search(folded) else None


def read_professional(text: str, known: Iterable[str] = ()) -> str | None:
    """Return the professional's name as the patient wrote it, without the title."""
    folded = fold(text)
    titled = _WITH_TITLE.search(folded)
    if titled:
        name = _namewords_in(text, folded, titled, capitals=False)
        if name:
            return name
    surnames = {word for name in known for word in fold(name).split() if len(word) > 3}  # noqa: PLR2004
    for found in _WITH.finditer(folded):
        if _TRADING.search(folded[: found.start()]):
            continue
        first = found["name"].split()[0]
        start = found.start("name")
        if first in _NOT_A_NAME:
            continue
        if text[start].isupper() or first in surnames or _is_last_word(folded, start + len(first)):
            name = _namewords_in(text, folded, found, capitals=text[start].isupper())
            if name:
                return name
    return None


def _is_last_word(folded: str, end: int) -> bool:
    return re.match(r"\W*(?:$|[\n,.?!])", folded[end:]) is not None


def _namewords_in(text: str, folded: str, found: re.Match[str], *, capitals: bool) -> str | None:
    words: list[str] = []
    position = found.start("name")
    for word in found["name"].split():
        original = text[position : position + len(word)]
        if word in _NOT_A_NAME or (capitals and words and not original[:1].isupper()):
            break
        words.append(original)
        position = folded.find(" ", position) + 1
    return " ".join(words) or None
