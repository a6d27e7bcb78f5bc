"""Who may do what: one table, read by REST, sockets, pages and the admin.

What is not listed is refused.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clinics.tenancy.callers import Caller
from clinics.tenancy.models import Role


class Resource(StrEnum):
    STAFF = "staff"
    SETTINGS = "settings"
    PROFESSIONALS = "professionals"
    ABSENCES = "absences"
    TREATMENTS = "treatments"
    INSURERS = "insurers"
    CHAIRS = "chairs"
    CLOSURES = "closures"
    MOVES = "moves"
    WAITING = "waiting"
    PATIENTS = "patients"
    AVAILABILITY = "availability"
    APPOINTMENTS = "appointments"
    RECORDS = "records"
    COVERAGES = "coverages"
    PLANS = "plans"
    # Writing down what the patient decided: approved, rejected, given up.
    PLAN_DECISIONS = "plan_decisions"
    TRANSACTIONS = "transactions"
    CASH_FLOW = "cash_flow"
    CONVERSATIONS = "conversations"
    CALENDARS = "calendars"
    EVENTS = "events"
    REPORTS = "reports"
    AUDIT = "audit"
    CONSENT_TEXTS = "consent_texts"
    CONSENTS = "consents"
    PRIVACY = "privacy"
    BREACHES = "breaches"


class Can(StrEnum):
    READ = "read"
    ADD = "add"
    CHANGE = "change"
    EXPORT = "export"
    IMPORT = "import"


class Reach(StrEnum):
    """How far a grant goes: every row of the clinic, or those of the professional who asks."""

    ALL = "all"
    OWN = "own"


_READ = {Can.READ: Reach.ALL}
_WORK = {Can.READ: Reach.ALL, Can.ADD: Reach.ALL, Can.CHANGE: Reach.ALL}
_OWN = {Can.READ: Reach.OWN, Can.ADD: Reach.OWN, Can.CHANGE: Reach.OWN}

GRANTS: dict[Role, dict[Resource, dict[Can, Reach]]] = {
    Role.CEO: {
        Resource.STAFF: _WORK,
        Resource.SETTINGS: _WORK,
        Resource.PROFESSIONALS: _WORK,
        Resource.ABSENCES: _WORK,
        Resource.TREATMENTS: _WORK,
        Resource.INSURERS: _WORK,
        Resource.CHAIRS: _WORK,
        Resource.CLOSURES: _WORK,
        Resource.MOVES: _WORK,
        Resource.WAITING: _WORK,
        Resource.PATIENTS: _WORK | {Can.EXPORT: Reach.ALL, Can.IMPORT: Reach.ALL},
        Resource.AVAILABILITY: _READ,
        Resource.APPOINTMENTS: _WORK,
        Resource.RECORDS: _READ,
        Resource.COVERAGES: _WORK,
        Resource.PLANS: _WORK,
        Resource.PLAN_DECISIONS: _WORK,
        Resource.TRANSACTIONS: _WORK,
        Resource.CASH_FLOW: _WORK,
        Resource.CONVERSATIONS: _WORK,
        Resource.CALENDARS: _WORK,
        Resource.EVENTS: _READ,
        Resource.REPORTS: _READ,
        Resource.AUDIT: _READ,
        Resource.CONSENT_TEXTS: {Can.READ: Reach.ALL, Can.ADD: Reach.ALL},
        Resource.CONSENTS: _WORK,
        # To change a request is to settle it: to answer, to correct, to erase.
        Resource.PRIVACY: _WORK,
        Resource.BREACHES: {Can.READ: Reach.ALL, Can.ADD: Reach.ALL},
    },
    Role.SECRETARY: {
        Resource.PROFESSIONALS: _READ,
        Resource.ABSENCES: _READ,
        Resource.TREATMENTS: _READ,
        Resource.INSURERS: _READ,
        Resource.CHAIRS: _READ,
        Resource.CLOSURES: _READ,
        Resource.MOVES: _WORK,
        Resource.WAITING: _WORK,
        Resource.PATIENTS: _WORK | {Can.EXPORT: Reach.ALL, Can.IMPORT: Reach.ALL},
        Resource.AVAILABILITY: _READ,
        Resource.APPOINTMENTS: _WORK,
        Resource.COVERAGES: _READ,
        Resource.PLANS: _WORK,
        Resource.PLAN_DECISIONS: _WORK,
        Resource.TRANSACTIONS: _WORK,
        Resource.CASH_FLOW: _WORK,
        Resource.CONVERSATIONS: _WORK,
        Resource.CALENDARS: _READ,
        Resource.EVENTS: _READ,
        Resource.CONSENT_TEXTS: _READ,
        Resource.CONSENTS: _WORK,
        Resource.PRIVACY: {Can.READ: Reach.ALL, Can.ADD: Reach.ALL},
    },
    Role.PROFESSIONAL: {
        # Their own working hours: which fields is the service's to say.
        Resource.PROFESSIONALS: {Can.READ: Reach.ALL, Can.CHANGE: Reach.OWN},
        Resource.ABSENCES: _READ,
        Resource.TREATMENTS: _READ,
        Resource.INSURERS: _READ,
        Resource.CHAIRS: _READ,
        Resource.CLOSURES: _READ,
        Resource.MOVES: {Can.READ: Reach.OWN},
        Resource.PATIENTS: _WORK | {Can.EXPORT: Reach.ALL},
        Resource.AVAILABILITY: _READ,
        Resource.APPOINTMENTS: _OWN,
        Resource.COVERAGES: _READ,
        # Budgets they draw up; the money in them is the desk's.
        Resource.PLANS: _OWN,
        Resource.RECORDS: {Can.READ: Reach.ALL, Can.ADD: Reach.ALL},
        Resource.CALENDARS: {Can.READ: Reach.OWN},
        Resource.EVENTS: _READ,
        Resource.CONSENT_TEXTS: _READ,
        Resource.CONSENTS: _WORK,
    },
}

# Event type -> what one must be able to read to hear of it.
EVENT_RESOURCES: dict[str, Resource] = {
    "NEW_APPOINTMENT": Resource.APPOINTMENTS,
    "APPOINTMENT_UPDATED": Resource.APPOINTMENTS,
    "PATIENT_UPDATED": Resource.PATIENTS,
    "NEW_MESSAGE": Resource.CONVERSATIONS,
    "HUMAN_HANDOFF": Resource.CONVERSATIONS,
    "TRIAGE_RAISED": Resource.CONVERSATIONS,
    "CALENDAR_TRUST_CHANGED": Resource.CALENDARS,
}


def reach(role: str, resource: Resource, action: Can) -> Reach | None:
    """Return how far the role's grant goes, or None where there is none."""
    return GRANTS.get(Role(role), {}).get(resource, {}).get(action)


def allowed(role: str, resource: Resource, action: Can) -> bool:
    """Whether the role has the grant at all, for every row or for its own."""
    return reach(role, resource, action) is not None


def hears(role: str, event_type: str, data: dict[str, Any], professional_id: UUID | None) -> bool:
    """Whether an event is for this reader; `professional_id` is the reader's own row, if any."""
    resource = EVENT_RESOURCES.get(event_type)
    if resource is None:
        return False
    far = reach(role, resource, Can.READ)
    if far is not Reach.OWN:
        return far is Reach.ALL
    professional = data.get("professional")
    owner = professional.get("id") if isinstance(professional, dict) else None
    return professional_id is not None and owner == str(professional_id)


METHODS = {
    "GET": Can.READ,
    "HEAD": Can.READ,
    "OPTIONS": Can.READ,
    "POST": Can.ADD,
    "PUT": Can.CHANGE,
    "PATCH": Can.CHANGE,
    "DELETE": Can.CHANGE,
}


def verdict(view: Any, method: str) -> tuple[Resource, Can] | None:
    """Return what a view asks for: its `resource`, and `actions` by method where they differ."""
    resource: Resource | None = getattr(view, "resource", None)
    action = getattr(view, "actions", {}).get(method, METHODS.get(method))
    if resource is None or action is None:
        return None
    return resource, action


class HasGrant(BasePermission):
    """Ask the table. A view without a `resource` is refused to everybody."""

    message = "No tenés permiso para hacer esto."

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.auth
        asked = verdict(view, request.method or "")
        if not isinstance(caller, Caller) or asked is None:
            return False
        return allowed(caller.role, *asked)


class IsMember(BasePermission):
    """Any active member, whatever their role: who am I, log me out."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Caller)
