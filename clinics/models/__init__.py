"""Every table of a clinic, importable from here whatever file it lives in."""

from clinics.models.accounting import (
    AccountingTransaction,
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
from clinics.models.calendars import CalendarState, CalendarTrust, GoogleBlock
from clinics.models.catalog import Chair, Closure, Insurer, Treatment
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
from clinics.models.records import ClinicalRecord, RecordKind

__all__ = [
    "OCCUPYING",
    "PARTICULAR",
    "Absence",
    "AccountingTransaction",
    "Appointment",
    "AppointmentChange",
    "AppointmentStatus",
    "CalendarState",
    "CalendarTrust",
    "Chair",
    "ChannelIdentity",
    "ClinicalRecord",
    "Closure",
    "DailyCashFlow",
    "Event",
    "EventType",
    "FactField",
    "FactSource",
    "GoogleBlock",
    "Guardian",
    "Insurer",
    "Offer",
    "OfferKind",
    "Patient",
    "PatientFact",
    "PatientStatus",
    "PaymentMethod",
    "Professional",
    "ProfessionalTreatment",
    "RecordKind",
    "Source",
    "TransactionKind",
    "Treatment",
]
