"""What the clinical records refuse."""

from __future__ import annotations

from dentalogic.core.errors import DomainError


class NotAProfessional(DomainError):
    """Only somebody with a row as an active professional signs."""

    code = "not_a_professional"
    message = "Solo un profesional activo de la clínica firma en la historia clínica."
    status = 403


class PatientMerged(DomainError):
    """The person goes on under another row, which `merged_into` names."""

    code = "patient_merged"
    message = "Esta ficha se unió con otra; las nuevas entradas van en aquella."


class AttachmentGone(DomainError):
    """The file is not in the store: `verify_records` names it."""

    code = "attachment_gone"
    message = "El archivo no está disponible. Avisá a quien administra el sistema."
    status = 409


class AttachmentTooLarge(DomainError):
    code = "too_large"
    message = "El archivo es demasiado grande."
    status = 413


class AttachmentRefused(DomainError):
    """What the bytes say it is, is none of the types that are kept."""

    code = "attachment_type"
    message = "Solo se guardan PDF, JPEG, PNG, WebP y DICOM."
    status = 400
