"""The facts that patients write about themselves, cut out of the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from dentalogic.sandbox.receptionist.text import fold, squeeze, words_in

FIELDS = ("full_name", "dni", "insurance", "phone", "birth_date")
PRIVATE = "PARTICULAR"

_INSURERS = (
    r"osde(?: binario)?|swiss medical|swiss|galeno|pami|ioma|medife|medifé|omint|medicus"
    r"|sancor(?: salud)?"
    r"|osecac|union personal|up|accord(?: salud)?|avalian|federada(?: salud)?|prevencion salud"
    r"|dosuba"
    r"|osdepym|luis pasteur|hominis|ospe|osprera|osuthgra|osplad|poder judicial|hospital italiano"
    r"|plan de salud|jerarquicos(?: salud)?|obsba|ob ?sba|apross|apsot|bancarios|camioneros|uom"
    r"|smata"
)
_INSURER = re.compile(rf"\b(?:{_INSURERS})\b")
_PRIVATE = re.compile(
    r"\b(?:particular(?:mente)?"
    r"|(?:no (?:tengo|tiene|tenemos)|sin)(?: ninguna?)?(?: obra social| prepaga| cobertura"
    r"| seguro| os\b)"
    r"|ninguna obra social|no insurance|self[- ]?pay|i don'?t have (?:any )?insurance"
    r"|out of pocket)\b"
)
_NONE = re.compile(
    r"\bno (?:tengo|tiene)\b(?! (?:el |la |mi |su |un |una )?(?:dni|documento|idea|problem\w*"
    r"|apuro|telefono|celu\w*"
    r"|turno|nombre|ganas|por que|fiebre|dolor|a mano|tiempo|drama|que))|\bningun[oa]\b"
    r"|\bi don'?t have (?:any|one)\b"
)
_LABELLED_INSURANCE = re.compile(
    r"\b(?:obra social|os|prepaga|cobertura|insurance)\b(?: (?:es|is|tengo|la|de|mia|:)| ?[:=])* *"
    r"(?P<value>[a-z][a-z0-9 ]{1,25})"
)
_NUMBERS = re.compile(r"(?<![\w])\+?\(?\d(?:[\d .()-]*\d)?(?![\w:/])")
_SHORT_DNI = re.compile(
    r"\b(?:dni|documento|doc)\b(?: (?:es|is|numero|nro|n°|el|:)| ?[:.=#])* *(\d[\d .]{1,12}\d)"
)
_PHONE_LABEL = re.compile(
    r"(?:tel(?:efono)?|cel(?:u|ular)?|whats?app|wsp|phone|contacto)\b[^\d\n]{0,20}$"
)
_BIRTH_LABEL = re.compile(r"\b(?:nac\w+|fecha de nac\w*|born|birth\w*)\b")
_BIRTH = re.compile(
    r"\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d{2}\b|\b\d{1,2} de [a-z]+ (?:de |del )?(?:19|20)\d{2}\b"
    r"|\b(?:19|20)\d{2}-\d{2}-\d{2}\b"
)
_NAME_LABEL = re.compile(
    r"\b(?P<label>mi nombre(?: completo)? es|(?:el )?nombre(?: completo)?(?: es| ?:)|me llamo"
    r"|se llama"
    r"|a nombre de|mi nombre|soy|my name is|i am|i'm|(?:his|her) name is|name ?:)\s*:?\s*"
)
_DEPENDANT_LABELS = frozenset({"se llama", "a nombre de", "his name is", "her name is"})
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_PIECES = re.compile(r"[\n,;/|·•]+|\s[-–—]\s|\.\s|\.$|\(|\)|[\x00]|[!?¡¿:]")
_JOINED = re.compile(
    r"\s+y\s+(?=(?:tengo|mi|no|soy|el|la|dni|la obra|de)\b)|\bdni\b|\bdocumento\b|\bobra social\b"
)
_FILLER = words_in(
    "hola buenas buenos dias tardes noches si sisi dale ok bueno claro perfecto es el la mi nombre"
    " completo soy me llamo te paso paso ahi va aca los datos ahora son somos listo gracias perdon"
    " perdoname disculpa disculpe ah eh y yes sure my name is i am hello hi hey"
)
_NOT_A_NAME = words_in(
    "quiero queria quisiera turno tengo tenes tiene para no ni nada se que prefiero dar pasar "
    "decir por"
    " porque como cuando donde cual cuanto con sin una uno un muela diente dolor duele limpieza "
    "control"
    " consulta caries conducto extraccion blanqueamiento dni documento obra social prepaga "
    "particular"
    " telefono numero primera segunda tercera primero segundo tercero hoy manana tarde lunes martes"
    " miercoles jueves viernes sabado domingo semana hs horas puedo puede podes necesito hace falta"
    " gracias chau persona robot humano alguien ninguna ninguno paciente nuevo nueva cliente "
    "dueno duena"
    " alergico alergica diabetico embarazada yo vos usted ustedes esto eso ese esa este esta "
    "cualquiera"
    " igual espero esperando aca ahi alla hijo hija nene nena mama papa marido esposa esposo doctor"
    " doctora medico administrador admin lo le te mas menos muy bien mal ya todavia despues antes"
    " tambien solo quien mejor otro otra horario hora dia want need appointment cleaning tooth pain"
    " don't dont have the a an to of in at for please tomorrow thanks insurance not private"
    " audio imagen foto documento sticker video seguro segura eso obvio joya barbaro genial "
    "buenisimo"
    " opcion favor porfa urgente urgencia cancelar cambiar pasar ver verdad mio mia suyo"
)
_PARTICLES = words_in("de del la las los van von da di dos san santa y")
_REFUSAL = re.compile(
    r"\bprefier\w* no\b|\bprefer not\b|\bno (?:te |le |les |se )*(?:lo |la |los )?(?:quiero|voy a"
    r"|pienso|puedo"
    r"|quisiera|deseo|me gusta(?:ria)?)(?: a)? (?:dar|pasar|decir|compartir|mandar|brindar)\w*"
    r"|\bno (?:te |le |les )?(?:lo |la |los )?(?:doy|paso|digo|comparto|mando)\b"
    r"|\b(?:para|por) que (?:lo|la|los|me|te|quer|quier|neces|ped|pid|hace)\w*|\bes necesario\b"
    r"|\bno hace falta\b|\bno me (?:gusta|siento comod\w+) \w*|\bno lo (?:tengo|se|recuerdo)\b"
    r"|\bno (?:me )?(?:acuerdo|recuerdo)\b|\bno (?:tengo|tiene) (?:el |mi |su )?(?:dni|documento"
    r"|telefono)"
    r"|\brather not\b|\bwhy do you need\b|\bdon'?t want to (?:give|share)"
)
_DNI_DIGITS = range(7, 9)
_PHONE_DIGITS = range(10, 15)
_MASK = "\x00"


def is_refusal(text: str, *, asked: Collection[str] = ()) -> bool:
    """Tell whether the patient declines to give a datum, or asks what for."""
    folded = fold(text).strip()
    if _REFUSAL.search(folded):
        return True
    bare = re.fullmatch(r"\W*(?:no+|nop|nah|no,? gracias|ni loc[oa]|mejor no|no quiero)\W*", folded)
    return bare is not None and bool(set(asked) - {"insurance"})


def read_facts(
    text: str,
    *,
    asked: Collection[str] = (),
    insurers: Iterable[str] = (),
    dependant: bool = False,
) -> dict[str, str]:
    """Return the facts found, verbatim.

    `asked` are the fields that the last question was about; `insurers` the clinic's own names;
    with `dependant`, "soy Ana" is about the writer and says nothing of the patient.
    """
    facts: dict[str, str] = {}
    masked = _read_birth_date(text, asked, facts)
    masked = _read_numbers(masked, asked, facts)
    masked = _read_insurance(masked, asked, insurers, facts)
    _read_name(masked, asked, facts, dependant=dependant)
    _read_unknown_insurance(masked, asked, facts)
    return facts


def _mask(text: str, start: int, end: int) -> str:
    return text[:start] + _MASK * (end - start) + text[end:]


def _read_birth_date(text: str, asked: Collection[str], facts: dict[str, str]) -> str:
    folded = fold(text)
    found = _BIRTH.search(folded)
    if found and ("birth_date" in asked or _BIRTH_LABEL.search(folded)):
        facts["birth_date"] = text[found.start() : found.end()]
        return _mask(text, found.start(), found.end())
    return text


def _read_numbers(text: str, asked: Collection[str], facts: dict[str, str]) -> str:
    folded = fold(text)
    for start, end in _number_spans(text):
        digits = sum(char.isdigit() for char in text[start:end])
        value = text[start:end].strip()
        if digits in _PHONE_DIGITS or (
            digits in _DNI_DIGITS and _PHONE_LABEL.search(folded[:start])
        ):
            facts.setdefault("phone", value)
        elif digits in _DNI_DIGITS:
            facts.setdefault("dni", value)
        elif set(asked) & {"dni"} and digits > 4 and "dni" not in facts:  # noqa: PLR2004
            facts["dni"] = value
        else:
            continue
        text = _mask(text, start, end)
    labelled = _SHORT_DNI.search(folded)
    if labelled and "dni" not in facts:
        facts["dni"] = text[labelled.start(1) : labelled.end(1)].strip()
        text = _mask(text, labelled.start(1), labelled.end(1))
    return text


def _number_spans(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for found in _NUMBERS.finditer(text):
        whole = found[0]
        if sum(char.isdigit() for char in whole) <= _PHONE_DIGITS[-1]:
            spans.append((found.start(), found.end()))
            continue
        # Two numbers with a blank between them: "30111222 1155550001".
        spans += [
            (found.start() + part.start(), found.start() + part.end())
            for part in re.finditer(r"\+?[\d.()-]*\d", whole)
        ]
    return spans


def _read_insurance(
    text: str, asked: Collection[str], insurers: Iterable[str], facts: dict[str, str]
) -> str:
    folded = fold(text)
    names = [re.escape(fold(name)) for name in insurers if name.strip()]
    own = re.search(rf"\b(?:{'|'.join(names)})\b", folded) if names else None
    found = own or _INSURER.search(folded) or _PRIVATE.search(folded)
    if found is None and "insurance" in asked:
        found = _NONE.search(folded)
        only_no = re.fullmatch(r"\W*(?:no+|nop|nada)\W*", folded)
        if found is None and only_no and set(asked) == {"insurance"}:
            found = re.search(r"\w+", folded)
    if found is None:
        labelled = _LABELLED_INSURANCE.search(folded)
        if labelled is None or set(labelled["value"].split()) & _NOT_A_NAME:
            return text
        start, end = labelled.span("value")
    else:
        start, end = found.span()
    facts["insurance"] = squeeze(text[start:end])
    return _mask(text, start, end)


def _read_name(
    text: str, asked: Collection[str], facts: dict[str, str], *, dependant: bool
) -> None:
    folded = fold(text)
    for label in _NAME_LABEL.finditer(folded):
        kind = label["label"]
        if dependant and kind not in _DEPENDANT_LABELS and "full_name" not in asked:
            continue
        name = _leading_name(text[label.end() :])
        if name and (" " in name or "full_name" in asked):
            facts["full_name"] = name
            return
    if "full_name" not in asked:
        return
    candidates = [name for piece in _pieces(text) if (name := _whole_name(piece)) is not None]
    full = [name for name in candidates if " " in name]
    chosen = full or candidates
    if chosen:
        facts["full_name"] = chosen[0]


def _pieces(text: str) -> list[str]:
    parts = [part for part in _PIECES.split(text) if part]
    pieces: list[str] = []
    for part in parts:
        folded = fold(part)
        last = 0
        for found in _JOINED.finditer(folded):
            pieces.append(part[last : found.start()])
            last = found.end()
        pieces.append(part[last:])
    return pieces


def _leading_name(text: str) -> str | None:
    """Return the words of a name at the beginning of the text, up to what can't be one."""
    line = re.split(r"[\n,;.()\x00!?¡¿:\d]", text.lstrip(), maxsplit=1)[0]
    words: list[str] = []
    for word in line.split():
        plain = fold(word)
        if plain in _NOT_A_NAME or not _WORDS.fullmatch(word):
            break
        if plain in _PARTICLES and not words:
            break
        if plain == "y":
            break
        words.append(word)
    while words and fold(words[-1]) in _PARTICLES:
        words.pop()
    return " ".join(words[:6]) or None


def _whole_name(piece: str) -> str | None:
    """Return the piece if it is a name and nothing else, after "hola", "soy" and the like."""
    words = piece.split()
    while words and fold(words[0]) in _FILLER:
        words.pop(0)
    while words and fold(words[-1]) in _FILLER | _PARTICLES:
        words.pop()
    if not 1 <= len(words) <= 6:  # noqa: PLR2004
        return None
    folded = [fold(word) for word in words]
    if any(word in _NOT_A_NAME for word in folded) or len(folded[0]) < 2:  # noqa: PLR2004
        return None
    if not all(_WORDS.fullmatch(word) for word in words):
        return None
    return " ".join(words)


def _read_unknown_insurance(text: str, asked: Collection[str], facts: dict[str, str]) -> None:
    """Take what is left as an insurer nobody has heard of, where that was the question."""
    if "insurance" not in asked or "insurance" in facts:
        return
    for piece in _pieces(text):
        words = piece.split()
        while words and fold(words[0]) in _FILLER | {"tengo", "de"}:
            words.pop(0)
        name = " ".join(words)
        if name == facts.get("full_name", "") or not 1 <= len(words) <= 3:  # noqa: PLR2004
            continue
        if "full_name" in asked and "full_name" not in facts:
            continue
        if any(fold(word) in _NOT_A_NAME for word in words):
            continue
        if all(_WORDS.fullmatch(word) for word in words) and len(name) > 2:  # noqa: PLR2004
            facts["insurance"] = name
            return
