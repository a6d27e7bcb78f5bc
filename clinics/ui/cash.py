"""The till of a day: its movements, one more, and closing it with what was counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from clinics.models import AccountingTransaction, DailyCashFlow, Insurer
from clinics.models import PaymentMethod as M
from clinics.models import TransactionKind as K
from clinics.services.accounting_rules import METHODS, OLDEST_DAYS, clinic_today
from clinics.services.cash_flow import expected_cash, read_day
from clinics.tenancy.callers import Caller
from clinics.tenancy.permissions import Can, Resource, allowed
from clinics.ui.doors import staff_page
from clinics.ui.shell import shell
from dentalogic.core.tenancy import current_scope

# More than any day has; the list over REST goes on.
MOST_MOVEMENTS = 500
KINDS = (
    (K.INCOME, _("Ingreso")),
    (K.EXPENSE, _("Egreso")),
    (K.REFUND, _("Devolución")),
    (K.INSURANCE_CLAIM, _("Reclamo a obra social")),
)
WAYS = (
    (M.CASH, _("Efectivo")),
    (M.CARD, _("Tarjeta")),
    (M.TRANSFER, _("Transferencia")),
    (M.INSURER, _("Obra social")),
)


@ensure_csrf_cookie
@require_GET
@staff_page
def cash_page(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Show the till of a day; what is pressed goes to the REST interface."""
    if not allowed(caller.role, Resource.CASH_FLOW, Can.READ):
        raise PermissionDenied
    today = clinic_today()
    day = _day_of(request, today)
    row = read_day(day=day)
    context = shell(request, caller) | {
        "page": "cash",
        "day": day,
        "title": date_format(day, "l j \\d\\e F"),
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "row": row,
        "figures": _figures(row),
        "expected": expected_cash(row),
        "recounted": row.previous_counted not in {None, row.opening},  # type: ignore[attr-defined]
        "first_ever": row.previous_counted is None,  # type: ignore[attr-defined]
        "movements": _movements(day),
        "kinds": KINDS,
        "ways": WAYS,
        "insurers": Insurer.objects.filter(is_active=True).order_by("name_key"),
        "methods": {str(kind): [str(way) for way in ways] for kind, ways in METHODS.items()},
    }
    return render(request, "ui/cash.html", context)


def _day_of(request: HttpRequest, today: date) -> date:
    """Return the day asked for where the till has one; today otherwise."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return day if today - timedelta(days=OLDEST_DAYS) <= day <= today else today


def _figures(row: DailyCashFlow) -> list[tuple[Any, Any]]:
    return [
        (_("Abrió con"), row.opening),
        (_("Efectivo"), row.cash_income),
        (_("Tarjeta"), row.card_income),
        (_("Transferencia"), row.transfer_income),
        (_("Obras sociales"), row.insurer_income),
        (_("Egresos"), row.expenses),
        (_("Devoluciones"), row.refunds),
        (_("Neto del día"), row.net),
    ]


def _movements(day: date) -> list[dict[str, Any]]:
    kinds, ways = dict(KINDS), dict(WAYS)
    zone = ZoneInfo(current_scope().timezone)
    rows = (
        AccountingTransaction.objects.filter(occurred_on=day)
        .select_related("patient", "insurer")
        .prefetch_related("reversed_by")
        .order_by("recorded_at", "id")[:MOST_MOVEMENTS]
    )
    return [
        {
            "id": one.pk,
            "at": one.recorded_at.astimezone(zone),
            "late": one.late_reason,
            "kind": kinds[K(one.kind)],
            "way": ways[M(one.method)],
            "who": one.patient.display_name if one.patient else "",
            "insurer": one.insurer.name if one.insurer else "",
            "description": one.description,
            "amount": one.amount,
            "reverses": one.reverses_id,
            "reversed": bool(one.reversed_by.all()),
        }
        for one in rows
    ]
