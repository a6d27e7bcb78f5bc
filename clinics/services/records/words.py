"""What the codes of odontograms and medical histories are called in Spanish."""

from __future__ import annotations

from typing import Any

FACES = {
    "M": "mesial",
    "D": "distal",
    "V": "vestibular",
    "L": "lingual o palatina",
    "O": "oclusal o incisal",
}
STATUSES = {"pending": "a realizar", "done": "realizado"}
ON_FACES = {
    "caries": "Caries",
    "restoration": "Restauración",
    "amalgam": "Amalgama",
    "inlay": "Incrustación",
    "sealant": "Sellador",
    "fracture": "Fractura",
    "wear": "Desgaste",
    "veneer": "Carilla",
}
ON_TEETH = {
    "absent": "Ausente",
    "extraction": "Extracción",
    "unerupted": "Sin erupcionar",
    "impacted": "Retenida",
    "crown": "Corona",
    "root_canal": "Tratamiento de conducto",
    "post": "Perno",
    "implant": "Implante",
    "bridge_abutment": "Pilar de puente",
    "bridge_pontic": "Póntico de puente",
    "removable_prosthesis": "Prótesis removible",
    "full_prosthesis": "Prótesis completa",
    "orthodontic_bracket": "Bracket de ortodoncia",
    "mobility": "Movilidad",
    "periodontal_disease": "Enfermedad periodontal",
    "fracture": "Fractura",
    "rotation": "Giroversión",
    "supernumerary": "Supernumeraria",
}
_SEVERITY = {"mild": "leve", "moderate": "moderada", "severe": "grave", "unknown": ""}
_PREGNANCY = {"no": "no", "yes": "sí", "possible": "posible", "unknown": "sin dato"}
_SMOKING = {"never": "nunca", "former": "ex fumador", "current": "fuma", "unknown": "sin dato"}
NOT_ASKED, NONE = "no se preguntó", "ninguna"


def finding_word(finding: str) -> str:
    return ON_FACES.get(finding) or ON_TEETH.get(finding) or finding


def status_word(status: str) -> str:
    return STATUSES.get(status, status)


def history_facts(history: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a medical history as names and sentences; "not asked" is not "none"."""
    if not history:
        return [("Anamnesis", NOT_ASKED)]
    pregnancy, smoking = history.get("pregnancy"), history.get("smoking")
    return [
        ("Alergias", _items(history.get("allergies"), _allergy)),
        ("Medicación", _items(history.get("medication"), _medication)),
        ("Enfermedades", _items(history.get("conditions"), _noted)),
        ("Cirugías", _items(history.get("previous_surgery"), _surgery)),
        ("Embarazo", NOT_ASKED if pregnancy is None else _pregnancy(pregnancy)),
        ("Tabaco", NOT_ASKED if smoking is None else _smoking(smoking)),
    ]


def _items(items: list[dict[str, Any]] | None, worded: Any) -> str:
    if items is None:
        return NOT_ASKED
    return "; ".join(worded(item) for item in items) or NONE


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _allergy(item: dict[str, Any]) -> str:
    return _joined(item["substance"], item.get("reaction", ""), _SEVERITY[item["severity"]])


def _medication(item: dict[str, Any]) -> str:
    thins = "ANTICOAGULANTE" if item.get("anticoagulant") else ""
    return _joined(item["name"], item.get("dose", ""), thins)


def _noted(item: dict[str, Any]) -> str:
    return _joined(item["name"], item.get("notes", ""))


def _surgery(item: dict[str, Any]) -> str:
    year = item.get("year")
    return _joined(item["name"], str(year) if year else "", item.get("notes", ""))


def _pregnancy(value: dict[str, Any]) -> str:
    weeks = value.get("weeks")
    return _joined(_PREGNANCY[value["status"]], f"{weeks} semanas" if weeks else "")


def _smoking(value: dict[str, Any]) -> str:
    daily = value.get("per_day")
    return _joined(_SMOKING[value["status"]], f"{daily} por día" if daily else "")
