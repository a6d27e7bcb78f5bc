"""Who may speak for whom, as the staff writes it down. Nobody speaks for themselves."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from clinics.models import Event, EventType, Guardian, Patient
from clinics.services.errors import GuardianCycle
from clinics.services.events import owe_publication
from clinics.services.facts import patient_snapshot
from clinics.services.finding import lock_patient
from clinics.services.locks import lock_patients
from dentalogic.core.errors import Invalid, NotFound
from dentalogic.core.tenancy import current_scope
from dentalogic.core.transactions import in_transaction

# UNION, not UNION ALL: a circle that is there already must not walk for ever.
_SPEAKS_FOR = """
WITH RECURSIVE beneath AS (
    SELECT link.dependant_id FROM guardians link
    WHERE link.tenant_id = %s AND link.guardian_id = %s
    UNION
    SELECT link.dependant_id FROM guardians link
    JOIN beneath ON beneath.dependant_id = link.guardian_id
    WHERE link.tenant_id = %s
)
SELECT EXISTS (SELECT 1 FROM beneath WHERE beneath.dependant_id = %s)
"""


def add_guardian(*, dependant_id: UUID, guardian_id: UUID, relation: str = "") -> Guardian:
    """Let a person speak for another; again, the relation is changed.

    Refuses oneself (`Invalid`) and whoever the dependant speaks for already, directly or through
    others (`GuardianCycle`).
    """
    if dependant_id == guardian_id:
        raise Invalid({"guardian": ["Nadie es responsable de sí mismo."]})

    def work() -> Guardian:
        lock_guardians()
        lock_patients([dependant_id, guardian_id])
        dependant, guardian = lock_patient(dependant_id), lock_patient(guardian_id)
        if speaks_for(dependant_id, guardian_id):
            raise GuardianCycle
        link, made = Guardian.objects.get_or_create(
            guardian=guardian,
            dependant=dependant,
            defaults={"relation": " ".join(relation.split())},
        )
        if not made:
            link.relation = " ".join(relation.split())
            link.save(update_fields=["relation"])
        _tell(dependant)
        return link

    return in_transaction(work)


def remove_guardian(*, dependant_id: UUID, guardian_id: UUID) -> None:
    """Take the link back. `NotFound` where there is none."""

    def work() -> None:
        lock_guardians()
        links = Guardian.objects.filter(dependant=dependant_id, guardian=guardian_id)
        if not links.delete()[0]:
            raise NotFound
        _tell(Patient.objects.get(pk=dependant_id))

    in_transaction(work)


def find_link(link_id: UUID) -> Guardian:
    """Return a link with both people."""
    link = Guardian.objects.select_related("guardian", "dependant").filter(pk=link_id).first()
    if link is None:
        raise NotFound
    return link


def speaks_for(guardian_id: UUID, dependant_id: UUID) -> bool:
    """Whether a person speaks for another, directly or through others."""
    tenant_id = current_scope().tenant_id
    with connection.cursor() as cursor:
        cursor.execute(_SPEAKS_FOR, [tenant_id, guardian_id, tenant_id, dependant_id])
        return bool(cursor.fetchone()[0])


def lock_guardians() -> None:
    """Hold the clinic's links to the end of the transaction: two new ones could close a circle
    that neither sees. Comes before the locks on patients."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 12))",
            [f"guardians:{current_scope().tenant_id}"],
        )


def _tell(dependant: Patient) -> None:
    Event.objects.create(type=EventType.PATIENT_UPDATED, data=patient_snapshot(dependant))
    owe_publication()
