"""The versioned shape of `medical_history`.

`{}` means that nobody has asked yet; anything else is version 1 as below. Lists that were asked
about and came out empty are `[]`; lists nobody asked about are `null`, which is no "none".

    {"version": 1,
     "allergies": [{"substance": "penicilina", "reaction": "ronchas", "severity": "severe"}],
     "medication": [{"name": "acenocumarol", "dose": "4 mg", "anticoagulant": true}],
     "conditions": [{"name": "hipertensión", "notes": ""}],
     "pregnancy": {"status": "yes", "weeks": 20},
     "previous_surgery": [{"name": "extracción de cordales", "year": 2019}],
     "smoking": {"status": "current", "per_day": 10},
     "updated_at": "2026-11-23T12:00:00Z", "updated_by": "<user's uuid>"}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

VERSION = 1
MOST_ITEMS = 100
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Allergy(_Shape):
    substance: Name
    reaction: Note = ""
    severity: Literal["unknown", "mild", "moderate", "severe"] = "unknown"


class Medication(_Shape):
    name: Name
    dose: Note = ""
    anticoagulant: bool = Field(default=False, strict=True)


class Condition(_Shape):
    name: Name
    notes: Note = ""


class Surgery(_Shape):
    name: Name
    year: int | None = Field(default=None, strict=True, ge=1900, le=2200)
    notes: Note = ""


class Pregnancy(_Shape):
    status: Literal["unknown", "no", "possible", "yes"]
    weeks: int | None = Field(default=None, strict=True, ge=1, le=45)

    @model_validator(mode="after")
    def _weeks_need_a_pregnancy(self) -> Pregnancy:
        if self.weeks is not None and self.status not in {"yes", "possible"}:
            raise ValueError(WEEKS_WITHOUT_PREGNANCY)
        return self


class Smoking(_Shape):
    status: Literal["unknown", "never", "former", "current"]
    per_day: int | None = Field(default=None, strict=True, ge=0, le=200)


class MedicalHistory(_Shape):
    version: Literal[1] = 1
    allergies: list[Allergy] | None = Field(default=None, max_length=MOST_ITEMS)
    medication: list[Medication] | None = Field(default=None, max_length=MOST_ITEMS)
    conditions: list[Condition] | None = Field(default=None, max_length=MOST_ITEMS)
    pregnancy: Pregnancy | None = None
    previous_surgery: list[Surgery] | None = Field(default=None, max_length=MOST_ITEMS)
    smoking: Smoking | None = None
    updated_at: AwareDatetime
    updated_by: UUID

    def anticoagulants(self) -> list[str]:
        """Return the names of the anticoagulants taken."""
        return [item.name for item in self.medication or () if item.anticoagulant]


def _(message: str) -> str:
    """Mark the message for makemessages; whoever shows it translates it."""
    return message


NOT_AN_OBJECT = _("Debe ser un objeto.")
WEEKS_WITHOUT_PREGNANCY = _("Las semanas se indican solo con un embarazo.")
OTHER = _("Valor no válido.")
MESSAGES: Mapping[str, str] = {
    "extra_forbidden": _("Clave desconocida."),
    "missing": _("Falta este dato."),
    "model_type": NOT_AN_OBJECT,
    "model_attributes_type": NOT_AN_OBJECT,
    "dict_type": NOT_AN_OBJECT,
    "list_type": _("Debe ser una lista."),
    "too_long": _("Demasiados elementos."),
    "string_type": _("Debe ser un texto."),
    "string_too_short": _("No puede estar vacío."),
    "string_too_long": _("El texto es demasiado largo."),
    "bool_type": _("Debe ser verdadero o falso."),
    "int_type": _("Debe ser un número entero."),
    "greater_than_equal": _("El número es demasiado chico."),
    "less_than_equal": _("El número es demasiado grande."),
    "literal_error": _("No es uno de los valores posibles."),
    "timezone_aware": _("La fecha y hora necesita su zona horaria."),
    "datetime_type": _("Debe ser una fecha y hora."),
    "datetime_parsing": _("Debe ser una fecha y hora."),
    "datetime_from_date_parsing": _("Debe ser una fecha y hora."),
    "uuid_type": _("Debe ser un UUID."),
    "uuid_parsing": _("Debe ser un UUID."),
    "value_error": WEEKS_WITHOUT_PREGNANCY,
}


class InvalidMedicalHistory(ValueError):
    """Say what is wrong and where: `errors` holds `(path, message)`, like `smoking.status`."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        self.errors = list(errors)
        # The values stay out: they are health data.
        super().__init__("; ".join(f"{path or '.'}: {message}" for path, message in errors))


def parse_medical_history(value: object) -> MedicalHistory | None:
    """Return the history, None where nobody has asked, or raise with every error."""
    if value == {}:
        return None
    try:
        return MedicalHistory.model_validate(value)
    except ValidationError as refusal:
        errors = [
            (
                ".".join(str(step) for step in error["loc"]),
                MESSAGES.get(error["type"], OTHER),
            )
            for error in refusal.errors(include_url=False, include_input=False)
        ]
    raise InvalidMedicalHistory(errors)


def validate_medical_history(value: object) -> dict[str, Any]:
    """Return the JSON to store, every key present; `{}` stays as it is."""
    history = parse_medical_history(value)
    return {} if history is None else history.model_dump(mode="json")
