"""What there is to do, asked for all clinics at once: the statements do not grow with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dentalogic.core.evolution.applying import Left
from dentalogic.core.evolution.records import had_steps
from dentalogic.core.evolution.steps import Step, fingerprint, public_steps, up_to_contract

_CLINICS = """
SELECT c.id, c.schema_name, c.timezone, c.clock_offset, n.oid IS NOT NULL,
       s.fingerprint, s.catalogue, s.reading
FROM public.clinics c
LEFT JOIN public.clinic_schemas s ON s.schema_name = c.schema_name AND s.clinic_id = c.id
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = c.schema_name::name
WHERE (%(clinic)s::text IS NULL OR c.schema_name = %(clinic)s)
  AND (%(current)s::text IS NULL OR s.fingerprint IS DISTINCT FROM %(current)s OR n.oid IS NULL)
ORDER BY c.schema_name
"""
# Records of schemas that are no more are history, and hold nothing up.
_RECORDED = """
SELECT p.app, p.migration, p.checksum, count(*) FILTER (WHERE p.schema_name <> 'public')
FROM public.clinic_patches p
WHERE p.finished_at IS NOT NULL AND (
    p.schema_name = 'public' OR EXISTS (
        SELECT FROM public.clinics c WHERE c.schema_name = p.schema_name))
GROUP BY p.app, p.migration, p.checksum ORDER BY p.app, p.migration
"""
_DONE_EVERYWHERE = """
SELECT p.app, p.migration FROM public.clinic_patches p
JOIN public.clinics c ON c.schema_name = p.schema_name
WHERE p.finished_at IS NOT NULL AND p.app || '.' || p.migration = ANY(%s)
GROUP BY p.app, p.migration HAVING count(*) = (SELECT count(*) FROM public.clinics)
"""
_UNFINISHED = """
SELECT p.schema_name, p.app, p.migration, p.started_at, p.error
FROM public.clinic_patches p JOIN public.clinics c ON c.schema_name = p.schema_name
WHERE p.finished_at IS NULL AND (%(clinic)s::text IS NULL OR p.schema_name = %(clinic)s)
ORDER BY p.schema_name, p.started_at, p.app, p.migration
"""


@dataclass
class Target:
    """A clinic as the robot sees it."""

    id: UUID
    schema_name: str
    timezone: str
    clock_offset: timedelta
    exists: bool
    left: Left | None
    missing: tuple[Step, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def ahead(self) -> bool:
        """Whether a newer release was here: it lacks nothing that we know, and has more."""
        return bool(self.unknown) and not self.missing


@dataclass(frozen=True)
class Edited:
    """A patch whose file is not what some schemas had."""

    step: Step
    clinics: int
    public: bool = False

    def __str__(self) -> str:
        files = ", ".join(f"migrations_sql/{patch.name}" for patch in self.step.patches)
        where = "the shared tables" if self.public else f"{self.clinics} clinics"
        return (
            f"{files} was edited after {where} had it: put the file back as it was released,"
            " and write what is new as a patch of its own"
        )


@dataclass(frozen=True)
class Unfinished:
    """An attempt that failed, or that was cut off: then nothing is said."""

    clinic: str
    label: str
    started: datetime
    error: str

    def __str__(self) -> str:
        how = f"failed: {self.error}" if self.error else "interrupted (started, never finished)"
        return f"{self.clinic}: {self.label}, {self.started:%Y-%m-%d %H:%M:%S} UTC: {how}"


def count_clinics(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM public.clinics")
    found: int = cursor.fetchone()[0]
    return found


def without_contracts(cursor: Any, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps that leave the release before at work: contract steps that some clinic has
    not had, and what follows them, are left out."""
    cursor.execute(_DONE_EVERYWHERE, [[step.label for step in steps if step.contracts]])
    return up_to_contract(steps, set(cursor.fetchall()))


def behind(cursor: Any, steps: Sequence[Step], clinic: str | None = None) -> list[Target]:
    """Return the clinics that have not had exactly these steps: one statement finds them."""
    return _with_steps(cursor, steps, _clinics(cursor, clinic, fingerprint(steps)))


def everyone(cursor: Any, steps: Sequence[Step], clinic: str | None = None) -> list[Target]:
    """Return all clinics with what each of them lacks."""
    return _with_steps(cursor, steps, _clinics(cursor, clinic, None))


def edited(cursor: Any, steps: Sequence[Step]) -> list[Edited]:
    """Return the patches that were applied with another content than their files have now."""
    cursor.execute(_RECORDED)
    known = {step.key: (step, False) for step in steps}
    known |= {step.key: (step, True) for step in public_steps()}
    found = []
    for app, migration, checksum, clinics in cursor.fetchall():
        step, public = known.get((app, migration), (None, False))
        if step is not None and step.checksum != checksum:
            found.append(Edited(step, clinics, public))
    return found


def unfinished(cursor: Any, clinic: str | None = None) -> list[Unfinished]:
    """Return the attempts that did not end well, and were not made again since."""
    cursor.execute(_UNFINISHED, {"clinic": clinic})
    return [
        Unfinished(schema, f"{app}.{migration}", started, error)
        for schema, app, migration, started, error in cursor.fetchall()
    ]


def _clinics(cursor: Any, clinic: str | None, current: str | None) -> list[Target]:
    cursor.execute(_CLINICS, {"clinic": clinic, "current": current})
    targets = []
    for tenant_id, schema, timezone, offset, exists, *left in cursor.fetchall():
        known = None if left[0] is None else Left(*left)
        targets.append(Target(tenant_id, schema, timezone, offset, exists, known))
    return targets


def _with_steps(cursor: Any, steps: Sequence[Step], targets: list[Target]) -> list[Target]:
    if not targets:
        return []
    had = had_steps(cursor, [target.schema_name for target in targets])
    known = {step.key for step in steps}
    return [
        replace(
            target,
            missing=tuple(step for step in steps if step.key not in had[target.schema_name]),
            unknown=tuple(sorted(".".join(key) for key in had[target.schema_name] - known)),
        )
        for target in targets
    ]
