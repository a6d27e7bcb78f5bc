"""Closing a clinic: exported, frozen, and after a period dropped. Reversible until the drop.

The duty to keep the charts (Ley 26.529, art. 18) stays with the clinic's owner, who takes the
export along: without one, made after the freeze, nothing is dropped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy

from clinics.tenancy import gatekeeper
from clinics.tenancy.models import (
    Clinic,
    Domain,
    Line,
    Membership,
    MembershipStatus,
    RefreshFamily,
    User,
)
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, NotFound
from dentalogic.core.evolution.dropping import drop_clinic_schema
from dentalogic.core.models import IdempotencyKey, OutboxMessage

LEAST_DAYS = 30
DEFAULT_DAYS = 90
_PARTS = ("schema.sql", "public.sql")


class ClosingRefused(DomainError):
    """A step came too early, or twice; `reason` says which."""

    code = "closing_refused"
    message = gettext_lazy("Todavía no se puede hacer ese paso.")  # type: ignore[assignment]

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a drop removed beside the schema."""

    members: int
    lines: int
    owed: int


def find_clinic(schema: str) -> Clinic:
    """Return a clinic by its schema, open or frozen."""
    clinic = Clinic.objects.filter(schema_name=schema).first()
    if clinic is None:
        raise NotFound
    return clinic


def export_clinic(*, clinic: Clinic, folder: Path, environment: Mapping[str, str]) -> None:
    """Write a clinic's dump and files to a new folder. Open or frozen, it changes nothing.

    `environment` gives DATABASE_URL, and a PATH with PostgreSQL's programs. `restore-clinic.sh`
    reads what this writes.
    """
    if folder.exists():
        raise ClosingRefused("folder_exists")
    script = Path(settings.BASE_DIR) / "deploy" / "dump-clinic.sh"
    done = subprocess.run(  # noqa: S603  # our own script, a plain schema name, an operator's path
        [str(script), clinic.schema_name, str(folder)],
        env=dict(environment),
        check=False,
        capture_output=True,
    )
    if done.returncode:
        raise ClosingRefused("not_dumped")
    files = _files(clinic)
    if files.exists():
        shutil.copytree(files, folder / "media")


def freeze_clinic(*, clinic: Clinic, keep_days: int = DEFAULT_DAYS) -> date:
    """Let nobody in and nothing out; return the day after which the clinic may be dropped.

    Log-ins, tokens, sessions and sockets end. What is owed waits, and what arrives for its lines
    is acknowledged and quarantined.
    """
    if keep_days < LEAST_DAYS:
        raise ClosingRefused("period_too_short")
    now = clock.real_now()
    drop_after = now.astimezone(ZoneInfo(clinic.timezone)).date() + timedelta(days=keep_days)
    with transaction.atomic():
        frozen = Clinic.objects.filter(pk=clinic.pk, frozen_at=None).update(
            is_active=False, frozen_at=now, drop_after=drop_after
        )
        if not frozen:
            raise ClosingRefused("frozen_already")
        RefreshFamily.objects.filter(membership__clinic=clinic, ended_at=None).update(ended_at=now)
    people = Membership.objects.filter(clinic=clinic, status=MembershipStatus.ACTIVE)
    for user_id in people.values_list("user_id", flat=True):
        gatekeeper.announce_suspension(user_id)
    return drop_after


def unfreeze_clinic(*, clinic: Clinic) -> None:
    """Open a frozen clinic again, as it was; what waited is due now."""
    with transaction.atomic():
        opened = (
            Clinic.objects.filter(pk=clinic.pk)
            .exclude(frozen_at=None)
            .update(is_active=True, frozen_at=None, drop_after=None)
        )
        if not opened:
            raise ClosingRefused("not_frozen")
        OutboxMessage.objects.filter(clinic_id=clinic.pk, done_at=None, dead_at=None).update(
            due_at=clock.real_now()
        )


def drop_clinic(*, clinic: Clinic, name: str, export: Path) -> Dropped:
    """Remove a clinic for good: its schema, its files and what `public` says of it.

    Refused before `drop_after`, without an export made since the freeze, and for another name than
    the clinic's. People stay: they may work elsewhere.
    """
    with transaction.atomic():
        row = Clinic.objects.select_for_update().get(pk=clinic.pk)
        today = clock.real_now().astimezone(ZoneInfo(row.timezone)).date()
        if row.frozen_at is None or row.drop_after is None:
            raise ClosingRefused("not_frozen")
        if today <= row.drop_after:
            raise ClosingRefused("too_early")
        if name != row.name:
            raise ClosingRefused("another_name")
        if not all(_made_since(row, export / part) for part in _PARTS):
            raise ClosingRefused("no_export")
        owed = OutboxMessage.objects.filter(clinic_id=row.pk).delete()[0]
        IdempotencyKey.objects.filter(clinic_id=row.pk).delete()
        RefreshFamily.objects.filter(membership__clinic=row).delete()
        members = Membership.objects.filter(clinic=row).delete()[0]
        User.objects.filter(last_clinic=row).update(last_clinic=None)
        lines = Line.objects.filter(clinic=row).delete()[0]
        Domain.objects.filter(tenant=row).delete()
        drop_clinic_schema(row)
        Clinic.objects.filter(pk=row.pk)._raw_delete("default")
    shutil.rmtree(_files(clinic), ignore_errors=True)
    return Dropped(members=members, lines=lines, owed=owed)


def _made_since(clinic: Clinic, part: Path) -> bool:
    frozen = clinic.frozen_at
    return frozen is not None and part.is_file() and part.stat().st_mtime >= frozen.timestamp()


def _files(clinic: Clinic) -> Path:
    return Path(settings.MEDIA_ROOT) / clinic.schema_name
