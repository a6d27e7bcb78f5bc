"""When a professional is away and when the clinic is closed, and who can't be kept then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from clinics.models import Absence, Closure, Professional
from clinics.services.locks import lock_professionals
from clinics.services.moves import Cause, owe_moves, review_moves
from clinics.services.waiting_matches import owe_matching
from dentalogic.core import clock
from dentalogic.core.errors import Invalid, NotFound
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

# Longer ones are somebody who left: that is said of the professional, or of the clinic.
LONGEST = timedelta(days=366)


def add_absence(
    *, professional_id: UUID, starts_at: datetime, ends_at: datetime, by: UUID, reason: str = ""
) -> Absence:
    """Note that a professional is away, for an hour or for weeks.

    Whoever has an appointment in it gets an open request to be moved, in the same transaction.
    Absences may overlap. Raises `NotFound`, and `Invalid` for one that is over or ends too early.
    """
    _check_times(starts_at, ends_at)

    def work() -> Absence:
        if not lock_professionals([professional_id]):
            raise NotFound
        absence = Absence.objects.create(
            professional_id=professional_id, starts_at=starts_at, ends_at=ends_at, reason=reason
        )
        owe_moves(Cause.of_absence(absence), by=by)
        return absence

    return in_transaction(work)


def change_absence(
    *,
    professional_id: UUID,
    absence_id: UUID,
    by: UUID,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    reason: str | None = None,
) -> Absence:
    """Shorten, prolong or shift an absence. Who is no longer in it keeps their appointment."""

    def work() -> Absence:
        lock_professionals([professional_id])
        absence = find_absence(professional_id=professional_id, absence_id=absence_id)
        before = Cause.of_absence(absence)
        absence.starts_at = starts_at or absence.starts_at
        absence.ends_at = ends_at or absence.ends_at
        absence.reason = absence.reason if reason is None else reason
        _check_times(absence.starts_at, absence.ends_at)
        absence.save(update_fields=["starts_at", "ends_at", "reason"])
        cause = Cause.of_absence(absence)
        review_moves(absence.pk, cause)
        owe_moves(cause, by=by)
        _owe_look(before)
        return absence

    return in_transaction(work)


def remove_absence(*, professional_id: UUID, absence_id: UUID) -> None:
    """Take an absence back. Its appointments are kept, unless something else covers them."""

    def work() -> None:
        lock_professionals([professional_id])
        absence = find_absence(professional_id=professional_id, absence_id=absence_id)
        Absence.objects.filter(pk=absence.pk).delete()
        review_moves(absence_id, None)
        _owe_look(Cause.of_absence(absence))

    in_transaction(work)


def find_absence(*, professional_id: UUID, absence_id: UUID) -> Absence:
    """Return an absence of that professional; any other does not exist."""
    found = Absence.objects.filter(pk=absence_id, professional_id=professional_id).first()
    if found is None:
        raise NotFound
    return found


def add_closure(
    *, starts_on: date, ends_on: date, name: str, by: UUID, opens: bool = False
) -> Closure:
    """Close the clinic for days, or open it on a holiday.

    Whoever has an appointment on a closed day gets an open request to be moved.
    """
    _check_days(starts_on, ends_on)

    def work() -> Closure:
        _lock_everybody()
        closure = Closure.objects.create(
            starts_on=starts_on, ends_on=ends_on, name=name, opens=opens
        )
        if not opens:
            owe_moves(Cause.of_closure(closure), by=by)
        return closure

    return in_transaction(work)


def change_closure(
    *,
    closure_id: UUID,
    by: UUID,
    starts_on: date | None = None,
    ends_on: date | None = None,
    name: str | None = None,
) -> Closure:
    """Shorten, prolong or shift a closure. Who is no longer in it keeps their appointment."""

    def work() -> Closure:
        _lock_everybody()
        closure = find_closure(closure_id)
        before = Cause.of_closure(closure)
        closure.starts_on = starts_on or closure.starts_on
        closure.ends_on = ends_on or closure.ends_on
        closure.name = closure.name if name is None else name
        _check_days(closure.starts_on, closure.ends_on)
        closure.save(update_fields=["starts_on", "ends_on", "name"])
        if not closure.opens:
            cause = Cause.of_closure(closure)
            review_moves(closure.pk, cause)
            owe_moves(cause, by=by)
            _owe_look(before)
        return closure

    return in_transaction(work)


def remove_closure(*, closure_id: UUID) -> None:
    """Take a closure back. Its appointments are kept, unless something else covers them."""

    def work() -> None:
        _lock_everybody()
        closure = find_closure(closure_id)
        Closure.objects.filter(pk=closure.pk).delete()
        review_moves(closure_id, None)
        if not closure.opens:
            _owe_look(Cause.of_closure(closure))

    in_transaction(work)


def find_closure(closure_id: UUID) -> Closure:
    """Return a closure of this clinic; another clinic's does not exist."""
    found = Closure.objects.filter(pk=closure_id).first()
    if found is None:
        raise NotFound
    return found


def _owe_look(before: Cause) -> None:
    """Owe a look at the waiting list: what was covered may be free now."""
    owe_matching(
        professional_id=before.professional_id,
        starts_at=before.starts_at,
        ends_at=before.ends_at,
    )


def _lock_everybody() -> None:
    lock_professionals(Professional.objects.values_list("pk", flat=True))


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    errors: dict[str, list[str]] = {}
    if ends_at <= starts_at:
        errors["ends_at"] = [_("Debe ser posterior al comienzo.")]
    elif ends_at <= clock.now():
        errors["ends_at"] = [_("Ya pasó.")]
    elif ends_at - starts_at > LONGEST:
        errors["ends_at"] = [_("Es más de un año.")]
    if errors:
        raise Invalid(errors)


def _check_days(starts_on: date, ends_on: date) -> None:
    today = clock.now().astimezone(ZoneInfo(current_scope().timezone)).date()
    errors: dict[str, list[str]] = {}
    if ends_on < starts_on:
        errors["ends_on"] = [_("Debe ser el mismo día o posterior.")]
    elif ends_on < today:
        errors["ends_on"] = [_("Ya pasó.")]
    elif ends_on - starts_on > LONGEST:
        errors["ends_on"] = [_("Es más de un año.")]
    if errors:
        raise Invalid(errors)
