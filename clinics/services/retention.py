"""Keeping nothing longer than it is needed, and everything as long as a law wants it.

The terms are the clinic's settings (`keep_…`), which can't go below the law's. Records, money and
the agenda's history are in no kind: the database itself refuses to let them go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from clinics.models import (
    AccountingTransaction,
    Appointment,
    AuditEntry,
    ClinicalRecord,
    Event,
    Offer,
    Patient,
    PatientFact,
    PatientStatus,
    TreatmentPlan,
)
from clinics.services.erasing import (
    AlreadyErased,
    ErasureBlocked,
    charts_are_kept_since,
    drop_identification,
    erase_person,
)
from clinics.tenancy.models import Clinic, QuarantinedItem
from clinics.tenancy.settings_schema import ClinicSettings
from dentalogic.core.clock import now, real_now
from dentalogic.core.tenancy import current_scope

AT_ONCE = 500
# A socket that comes back later than this is told to load everything again.
EVENTS_KEPT = timedelta(days=30)
OFFERS_KEPT = timedelta(days=1)
QUARANTINE_KEPT = timedelta(days=30)
# Rounded up: a leap year more never breaks a term.
_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Kind:
    """What goes: the rows whose time is over, and how a batch of them is let go.

    `release` gets ids, runs in a transaction of its own, and leaves them out of `rows`.
    """

    name: str
    rows: QuerySet[Any]
    release: Callable[[list[UUID]], object]


def settings_of_clinic() -> ClinicSettings:
    """Return the settings of the clinic in scope."""
    return Clinic.objects.get(pk=current_scope().tenant_id).preferences


def sweep(*, dry_run: bool = False) -> Iterator[tuple[str, int]]:
    """Let go what is due in the clinic in scope; yield each kind with how many rows it was.

    A dry run counts and changes nothing. A second run finds nothing more.
    """
    for source in settings.RETENTION_KINDS:
        for kind in import_string(source)():
            yield kind.name, kind.rows.count() if dry_run else _release(kind)


def kinds() -> list[Kind]:
    """Return what goes of a clinic's own tables."""
    keep = settings_of_clinic()
    charted = ClinicalRecord.objects.filter(patient_id=OuterRef("pk"))
    expired = Patient.objects.filter(anonymised_at__isnull=False).filter(
        ~Q(first_name="") | ~Q(last_name="") | Q(dni__isnull=False) | ~Q(medical_history={}),
        ~Exists(charted.filter(signed_at__gte=charts_are_kept_since())),
    )
    return [
        Kind("guests", _forgotten_guests(keep), _erase),
        Kind("charts", expired, _drop),
        Kind(
            "events",
            Event.objects.filter(number__isnull=False, created_at__lt=real_now() - EVENTS_KEPT),
            lambda ids: Event.objects.filter(pk__in=ids).delete(),
        ),
        Kind(
            "offers",
            Offer.objects.filter(expires_at__lt=now() - OFFERS_KEPT),
            lambda ids: Offer.objects.filter(pk__in=ids).delete(),
        ),
        Kind(
            "audit",
            AuditEntry.objects.filter(at__lt=real_now() - keep.keep_audit_years * _YEAR),
            lambda ids: AuditEntry.objects.filter(pk__in=ids).delete(),
        ),
    ]


def _forgotten_guests(keep: ClinicSettings) -> QuerySet[Patient]:
    """Return those who asked and never came: nothing hangs on them that is kept."""
    long_ago = now() - timedelta(days=keep.keep_guests_days)
    mine = {"patient_id": OuterRef("pk")}
    nothing = [
        ~Exists(model.objects.filter(**mine))
        for model in (Appointment, ClinicalRecord, AccountingTransaction, TreatmentPlan)
    ]
    return Patient.objects.filter(
        *nothing,
        ~Exists(PatientFact.objects.filter(created_at__gte=long_ago, **mine)),
        status=PatientStatus.GUEST,
        merged_into=None,
        merged=None,
        dependants=None,
        anonymised_at=None,
        created_at__lt=long_ago,
    )


def _erase(ids: list[UUID]) -> None:
    for patient_id in ids:
        try:
            erase_person(patient_id=patient_id)
        except (AlreadyErased, ErasureBlocked):
            # Somebody booked for them meanwhile.
            continue


def _drop(ids: list[UUID]) -> None:
    for patient in Patient.objects.for_update().filter(pk__in=ids).order_by("pk"):
        drop_identification(patient)


def _release(kind: Kind) -> int:
    done = 0
    while True:
        ids = list(kind.rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return done
        with transaction.atomic():
            kind.release(ids)
        left = kind.rows.filter(pk__in=ids).count()
        done += len(ids) - left
        if left == len(ids):
            return done


def sweep_quarantine(*, dry_run: bool = False) -> int:
    """Let go what nobody's line received more than thirty days ago. Of the whole platform."""
    due = QuarantinedItem.objects.filter(received_at__lt=real_now() - QUARANTINE_KEPT)
    if dry_run:
        return due.count()
    with connection.cursor() as cursor:
        done = 0
        while True:
            cursor.execute(
                "DELETE FROM public.quarantine WHERE id IN"
                " (SELECT id FROM public.quarantine WHERE received_at < %s LIMIT %s)",
                [real_now() - QUARANTINE_KEPT, AT_ONCE],
            )
            done += int(cursor.rowcount)
            if cursor.rowcount < AT_ONCE:
                return done
