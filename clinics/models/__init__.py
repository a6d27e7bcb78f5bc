"""Every table of a clinic, importable from here whatever file it lives in."""

from clinics.models.accounting import (
    AccountingTransaction,
    CashFlowStep,
    DailyCashFlow,
    PaymentMethod,
    TransactionKind,
)
from clinics.models.agenda import (
    OCCUPYING,
    Absence,
    Appointment,
    AppointmentChange,
    AppointmentStatus,
    Offer,
    OfferKind,
    Source,
)
from clinics.models.audit import AuditAction, AuditEntry
from clinics.models.calendars import CalendarState, CalendarTrust, GoogleBlock
from clinics.models.catalog import Chair, Closure, Insurer, Treatment
from clinics.models.coverage import Coverage, InsurerPlan
from clinics.models.events import Event, EventType
from clinics.models.intake import FactField, FactSource, PatientFact
from clinics.models.people import (
    PARTICULAR,
    ChannelIdentity,
    Guardian,
    Patient,
    PatientStatus,
    Professional,
    ProfessionalTreatment,
)
from clinics.models.plans import PlanItem, PlanItemStatus, PlanStatus, TreatmentPlan
from clinics.models.privacy import (
    Breach,
    Consent,
    ConsentKind,
    ConsentText,
    PrivacyRequest,
    PrivacyRequestKind,
)
from clinics.models.records import (
    ClinicalRecord,
    RecordAttachment,
    RecordHead,
    RecordKind,
    RecordRead,
)
from clinics.models.waiting import MoveCause, MoveRequest, WaitingEntry, WaitingStatus

__all__ = [
    "OCCUPYING",
    "PARTICULAR",
    "Absence",
    "AccountingTransaction",
    "Appointment",
    "AppointmentChange",
    "AppointmentStatus",
    "AuditAction",
    "AuditEntry",
    "Breach",
    "CalendarState",
    "CalendarTrust",
    "CashFlowStep",
    "Chair",
    "ChannelIdentity",
    "ClinicalRecord",
    "Closure",
    "Consent",
    "ConsentKind",
    "ConsentText",
    "Coverage",
    "DailyCashFlow",
    "Event",
    "EventType",
    "FactField",
    "FactSource",
    "GoogleBlock",
    "Guardian",
    "Insurer",
    "InsurerPlan",
    "MoveCause",
    "MoveRequest",
    "Offer",
    "OfferKind",
    "Patient",
    "PatientFact",
    "PatientStatus",
    "PaymentMethod",
    "PlanItem",
    "PlanItemStatus",
    "PlanStatus",
    "PrivacyRequest",
    "PrivacyRequestKind",
    "Professional",
    "ProfessionalTreatment",
    "RecordAttachment",
    "RecordHead",
    "RecordKind",
    "RecordRead",
    "Source",
    "TransactionKind",
    "Treatment",
    "TreatmentPlan",
    "WaitingEntry",
    "WaitingStatus",
]
