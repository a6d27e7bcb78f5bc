"""The settings of a clinic as a form: one field each, made from the shape that validates them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from clinics.tenancy.settings_schema import ClinicSettings

# Longer texts get an area, shorter ones a line.
A_LINE = 200

# Setting -> what it is called, and what it does.
WORDS: dict[str, tuple[Any, Any]] = {
    "granularity_minutes": (
        _("Cada cuántos minutos empieza un turno"),
        _("Los turnos empiezan a múltiplos de este número."),
    ),
    "minimum_notice_minutes": (
        _("Anticipación mínima (minutos)"),
        _("No se ofrecen turnos que empiecen antes de este plazo."),
    ),
    "horizon_days": (
        _("Hasta cuántos días adelante se agenda"),
        _("Más lejos el asistente no ofrece turnos."),
    ),
    "hold_minutes": (
        _("Minutos que se reserva un turno sin confirmar"),
        _("Mientras el paciente completa sus datos."),
    ),
    "offer_minutes": (
        _("Minutos que vale un turno ofrecido"),
        _("Después, el asistente vuelve a buscar."),
    ),
    "urgent_minutes_per_day": (
        _("Minutos por día guardados para urgencias"),
        _("Por profesional; los turnos comunes no los usan."),
    ),
    "buffer_before_minutes": (
        _("Minutos libres antes de cada turno"),
        _("Para preparar el consultorio."),
    ),
    "buffer_after_minutes": (
        _("Minutos libres después de cada turno"),
        _("Para ordenar y esterilizar."),
    ),
    "holidays": (
        _("Cerrar los feriados nacionales"),
        _("Un feriado en el que sí se atiende se anota entre los cierres."),
    ),
    "quiet_seconds": (
        _("Segundos de silencio antes de contestar"),
        _("El asistente espera a que el paciente termine de escribir. Vacío: lo de la plataforma."),
    ),
    "max_wait_seconds": (
        _("Espera máxima antes de contestar (segundos)"),
        _("Aunque el paciente siga escribiendo. Vacío: lo de la plataforma."),
    ),
    "silence_hours": (
        _("Horas de silencio del asistente"),
        _("Cuánto calla después de que una persona del equipo toma la conversación."),
    ),
    "google_budget_seconds": (
        _("Espera máxima por Google Calendar (segundos)"),
        _("Al ofrecer un turno. Después se usa la última lectura."),
    ),
    "google_delayed_minutes": (
        _("Minutos hasta avisar que un calendario está demorado"),
        _("Desde su última lectura."),
    ),
    "recall_months": (
        _("Meses hasta volver a llamar a un paciente"),
        _("Desde su última atención."),
    ),
    "currency": (_("Moneda"), _("Tres letras: ARS, USD, UYU.")),
    "tone": (_("Tono del asistente"), _("Cómo habla con los pacientes.")),
    "agent_instructions": (
        _("Indicaciones para el asistente"),
        _("Lo propio de la clínica: cómo llegar, qué aclarar. No cambian sus reglas."),
    ),
    "keep_records_years": (
        _("Años que se guarda la historia clínica"),
        _("Desde la última atención. La ley pide diez."),
    ),
    "keep_audit_years": (_("Años que se guarda quién cambió qué"), _("Al menos diez.")),
    "keep_messages_days": (_("Días que se guardan los mensajes"), ""),
    "keep_turns_days": (_("Días que se guarda el trabajo del asistente"), ""),
    "keep_inbox_days": (_("Días que se guarda lo recibido de WhatsApp"), _("Tal como llegó.")),
    "keep_guests_days": (
        _("Días que se guardan los interesados"),
        _("Quienes escribieron y nunca fueron pacientes."),
    ),
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "tone": [
        ("", _("El habitual: cordial y claro")),
        ("close", _("Cercano")),
        ("formal", _("Formal, de usted")),
        ("brief", _("Breve: lo justo")),
    ]
}
SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        _("Agenda"),
        (
            "granularity_minutes",
            "minimum_notice_minutes",
            "horizon_days",
            "hold_minutes",
            "offer_minutes",
            "urgent_minutes_per_day",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "holidays",
            "recall_months",
            "currency",
        ),
    ),
    (
        _("Asistente"),
        ("tone", "agent_instructions", "quiet_seconds", "max_wait_seconds", "silence_hours"),
    ),
    (_("Google Calendar"), ("google_budget_seconds", "google_delayed_minutes")),
    (
        _("Cuánto se guarda"),
        (
            "keep_records_years",
            "keep_audit_years",
            "keep_messages_days",
            "keep_turns_days",
            "keep_inbox_days",
            "keep_guests_days",
        ),
    ),
)


def setting_fields() -> dict[str, forms.Field]:
    """Return a field for each setting, with its limits and default in words."""
    described = ClinicSettings.model_json_schema()["properties"]
    return {name: _field(name, shape) for name, shape in described.items()}


def _field(name: str, shape: dict[str, Any]) -> forms.Field:
    label, told = WORDS.get(name, (name, ""))
    either = {part.get("type"): part for part in shape.get("anyOf", [])}
    optional = "null" in either
    kind = next((part for one, part in either.items() if one != "null"), shape)
    common: dict[str, Any] = {"label": label, "required": not optional}
    common["help_text"] = _Limits(told, kind, shape.get("default"))
    if name in CHOICES:
        return forms.ChoiceField(
            **{**common, "required": False}, choices=CHOICES[name], widget=UnfoldAdminSelectWidget
        )
    if kind["type"] == "boolean":
        return forms.BooleanField(**{**common, "required": False}, widget=UnfoldBooleanSwitchWidget)
    limits: dict[str, Any] = {"min_value": kind.get("minimum"), "max_value": kind.get("maximum")}
    if kind["type"] == "integer":
        return forms.IntegerField(**common, **limits, widget=UnfoldAdminIntegerFieldWidget)
    if kind["type"] == "number":
        return forms.FloatField(**common, **limits, widget=UnfoldAdminDecimalFieldWidget)
    long = kind.get("maxLength", 0) > A_LINE
    widget: Any = UnfoldAdminTextareaWidget if long else UnfoldAdminTextInputWidget
    common["required"] = "pattern" in kind
    if "pattern" in kind:
        # The form says it in words; the shape says it again.
        return forms.RegexField(kind["pattern"], **common, strip=True, widget=widget)
    return forms.CharField(**common, max_length=kind.get("maxLength"), widget=widget)


class _Limits:
    """What a setting does, between which limits, in the reader's language."""

    def __init__(self, told: Any, kind: dict[str, Any], default: Any) -> None:
        self.told, self.kind, self.default = told, kind, default

    def __str__(self) -> str:
        said = [str(self.told)] if self.told else []
        if "minimum" in self.kind:
            said.append(
                gettext("De %(least)s a %(most)s.")
                % {"least": self.kind["minimum"], "most": self.kind["maximum"]}
            )
        if "maxLength" in self.kind:
            said.append(gettext("Hasta %(most)s letras.") % {"most": self.kind["maxLength"]})
        if isinstance(self.default, int | float) and not isinstance(self.default, bool):
            said.append(gettext("Lo habitual: %(default)s.") % {"default": self.default})
        return " ".join(said)
