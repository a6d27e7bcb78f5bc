"""The odontogram: FDI teeth, five faces, findings that are pending or done. Pure.

Teeth carry two digits (ISO 3950): quadrants 1-4 hold permanent teeth 1-8, quadrants 5-8 deciduous
teeth 1-5. Faces: M mesial, D distal, V vestibular, L lingual or palatal, O occlusal or incisal.
A mouth with mixed dentition may hold both teeth of one place.

    {"version": 1,
     "teeth": {
        "16": {"tooth": [{"finding": "crown", "status": "done"}],
               "faces": {"O": [{"finding": "caries", "status": "pending"}]}},
        "21": {"tooth": [{"finding": "absent", "status": "done"}]}},
     "notes": ""}

`pending` is what is to be treated (charts in Argentina draw it blue), `done` what is there already
(red). Each visit stores the whole mouth; `differences` compares two visits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

PERMANENT = tuple(10 * quadrant + tooth for quadrant in range(1, 5) for tooth in range(1, 9))
DECIDUOUS = tuple(10 * quadrant + tooth for quadrant in range(5, 9) for tooth in range(1, 6))
TEETH = frozenset(PERMANENT + DECIDUOUS)
_NUMBERS = frozenset(map(str, TEETH))
FACES = ("M", "D", "V", "L", "O")
MOST_FINDINGS = 12

Face = Literal["M", "D", "V", "L", "O"]
Status = Literal["pending", "done"]
FaceFinding = Literal[
    "caries", "restoration", "amalgam", "inlay", "sealant", "fracture", "wear", "veneer"
]
ToothFinding = Literal[
    "absent",
    "extraction",
    "unerupted",
    "impacted",
    "crown",
    "root_canal",
    "post",
    "implant",
    "bridge_abutment",
    "bridge_pontic",
    "removable_prosthesis",
    "full_prosthesis",
    "orthodontic_bracket",
    "mobility",
    "periodontal_disease",
    "fracture",
    "rotation",
    "supernumerary",
]
# A tooth that is not in the mouth has no faces to treat.
NOT_THERE = frozenset({"absent", "unerupted"})


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OnFace(_Shape):
    finding: FaceFinding
    status: Status


class OnTooth(_Shape):
    finding: ToothFinding
    status: Status


class Tooth(_Shape):
    tooth: list[OnTooth] = Field(default_factory=list, max_length=MOST_FINDINGS)
    faces: dict[Face, list[OnFace]] = Field(default_factory=dict)


class Odontogram(_Shape):
    version: Literal[1] = 1
    teeth: dict[str, Tooth] = Field(default_factory=dict)
    notes: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""


class InvalidOdontogram(ValueError):
    """Say what is wrong and where: `errors` holds `(path, message)`, like `teeth.16.faces.O`."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        self.errors = list(errors)
        # The values stay out: they are health data.
        super().__init__("; ".join(f"{path}: {message}" for path, message in errors))


@dataclass(frozen=True, slots=True)
class Change:
    """One finding that differs between two visits; `face` is None for the whole tooth."""

    tooth: int
    face: str | None
    finding: str
    before: str | None
    after: str | None


Marks = dict[tuple[int, str | None, str], str]


def validate_odontogram(value: object) -> dict[str, Any]:
    """Return the JSON to store, teeth in order, or raise `InvalidOdontogram` with every error."""
    try:
        chart = Odontogram.model_validate(value)
    except ValidationError as refusal:
        raise InvalidOdontogram(
            [
                (".".join(str(step) for step in error["loc"]) or ".", _worded(error["type"]))
                for error in refusal.errors(include_url=False, include_input=False)
            ]
        ) from None
    errors = [error for number, tooth in chart.teeth.items() for error in _errors_of(number, tooth)]
    if errors:
        raise InvalidOdontogram(errors)
    kept = {
        number: tooth.model_dump(mode="json")
        for number, tooth in sorted(chart.teeth.items())
        if tooth.tooth or any(tooth.faces.values())
    }
    return {"version": chart.version, "teeth": kept, "notes": chart.notes}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what changed between two stored odontograms, in the order of the teeth."""
    old, new = dict(_marks(before)), dict(_marks(after))
    return [
        Change(*key, before=old.get(key), after=new.get(key))
        for key in sorted(old.keys() | new.keys(), key=lambda key: (key[0], key[1] or "", key[2]))
        if old.get(key) != new.get(key)
    ]


def _marks(chart: Mapping[str, Any]) -> Iterator[tuple[tuple[int, str | None, str], str]]:
    for number, tooth in chart.get("teeth", {}).items():
        for mark in tooth.get("tooth", ()):
            yield (int(number), None, mark["finding"]), mark["status"]
        for face, marks in tooth.get("faces", {}).items():
            for mark in marks:
                yield (int(number), face, mark["finding"]), mark["status"]


def _errors_of(number: str, tooth: Tooth) -> Iterator[tuple[str, str]]:
    path = f"teeth.{number}"
    if number not in _NUMBERS:
        yield path, NO_TOOTH
        return
    there = {mark.finding for mark in tooth.tooth if mark.status == "done"}
    if there & NOT_THERE and any(tooth.faces.values()):
        yield f"{path}.faces", NOT_IN_THE_MOUTH
    for place, findings in _findings(tooth):
        if len(set(findings)) != len(findings):
            yield f"{path}.{place}", TWICE


def _findings(tooth: Tooth) -> Iterator[tuple[str, list[str]]]:
    yield "tooth", [mark.finding for mark in tooth.tooth]
    for face, marks in tooth.faces.items():
        yield f"faces.{face}", [mark.finding for mark in marks]


def _(message: str) -> str:
    """Mark the message for makemessages; whoever shows it translates it."""
    return message


NO_TOOTH = _("No es una pieza dentaria (numeración FDI).")
NOT_IN_THE_MOUTH = _("Una pieza ausente no lleva marcas en sus caras.")
TWICE = _("La misma marca está dos veces.")
OTHER = _("Valor no válido.")
MESSAGES: Mapping[str, str] = {
    "extra_forbidden": _("Clave desconocida."),
    "missing": _("Falta este dato."),
    "model_type": _("Debe ser un objeto."),
    "dict_type": _("Debe ser un objeto."),
    "list_type": _("Debe ser una lista."),
    "too_long": _("Demasiados elementos."),
    "string_type": _("Debe ser un texto."),
    "string_too_long": _("El texto es demasiado largo."),
    "literal_error": _("No es uno de los valores posibles."),
}


def _worded(kind: str) -> str:
    return MESSAGES.get(kind, OTHER)
