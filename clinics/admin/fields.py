"""Fields of forms that a person can use for what is stored as JSON."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from clinics.hours import WEEKDAYS, InvalidWorkingHours, validate_working_hours

DAYS = (
    _("Lunes"),
    _("Martes"),
    _("Miércoles"),
    _("Jueves"),
    _("Viernes"),
    _("Sábado"),
    _("Domingo"),
)
MIDNIGHT, END_OF_DAY = "00:00", "24:00"
# More than anybody works in a day, and few enough for a page.
MOST_BLOCKS = 12


class HoursWidget(forms.Widget):
    """Seven days, each with rows of from and to. Without scripts there is one row to spare a day.

    The page's clock fields know no 24:00: an end at 00:00 is the end of the day.
    """

    template_name = "clinics/admin/hours.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.day_errors: dict[str, list[str]] = {}

    class Media:
        js = ("clinics/hours.js",)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, list[Any]]:
        """Return the rows as they were filled in, empty ones left out, in the order of the day."""
        week: dict[str, list[Any]] = {}
        for day in WEEKDAYS:
            starts = data.getlist(f"{name}-{day}-start")
            ends = data.getlist(f"{name}-{day}-end")
            ends += [""] * (len(starts) - len(ends))
            rows = [
                {"start": start.strip(), "end": _end(end.strip())}
                for start, end in zip(starts, ends, strict=False)
                if start.strip() or end.strip()
            ]
            if rows:
                # A person adds the morning after the afternoon; missing hours stay where they are.
                week[day] = sorted(rows, key=lambda row: row["start"] or "~")
        return week

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        week = value if isinstance(value, dict) else {}
        context["days"] = [
            {
                "key": day,
                "label": label,
                "rows": [
                    {
                        "start": row["start"],
                        "end": MIDNIGHT if row["end"] == END_OF_DAY else row["end"],
                    }
                    for row in week.get(day, [])
                ],
                "errors": self.day_errors.get(day, []),
            }
            for day, label in zip(WEEKDAYS, DAYS, strict=True)
        ]
        return context


def _end(text: str) -> str:
    return END_OF_DAY if text == MIDNIGHT else text


class HoursField(forms.Field):
    """Working hours, checked day by day as the service will."""

    widget = HoursWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return valid hours; what is wrong is said beside its day and above the form."""
        widget: Any = self.widget
        widget.day_errors = {}
        if any(len(rows) > MOST_BLOCKS for rows in value.values()):
            raise forms.ValidationError(_("Son demasiados turnos de atención en un día."))
        try:
            return validate_working_hours(value)
        except InvalidWorkingHours as error:
            wrong = []
            for path, said in error.errors:
                day, _dot, rest = path.partition(".")
                widget.day_errors.setdefault(day, []).append(gettext(said))
                number = int(rest.partition(".")[0] or 0) + 1
                wrong.append(
                    gettext("%(day)s, turno %(number)s: %(said)s")
                    % {"day": DAYS[int(day)], "number": number, "said": gettext(said)}
                )
            raise forms.ValidationError(wrong) from None


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    def __init__(self, *, most: int, longest: int, **kwargs: Any) -> None:
        self.most, self.longest = most, longest
        super().__init__(required=False, widget=UnfoldAdminTextareaWidget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial or []) != self.to_python(data))

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > self.most:
            raise forms.ValidationError(
                _("Como mucho %(most)s renglones."), params={"most": self.most}
            )
        if any(len(line) > self.longest for line in value):
            raise forms.ValidationError(
                _("Cada renglón, como mucho %(longest)s letras."), params={"longest": self.longest}
            )

    def run_validators(self, value: Any) -> None:
        """Check lines alone: the validators of a text know no lists."""
