"""What patients consent to: published texts, and who gave or withdrew their consent to which."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy

from clinics.models import Consent, ConsentText, Patient
from clinics.services.finding import find_patient, person_ids
from dentalogic.core import clock
from dentalogic.core.errors import DomainError, Invalid, NotFound
from dentalogic.core.transactions import violated_constraint


class ConsentGiven(DomainError):
    """The patient has consented to this text already."""

    code = "consent_given"
    message = gettext_lazy("Ya consintió ese texto.")  # type: ignore[assignment]


class ConsentWithdrawn(DomainError):
    code = "consent_withdrawn"
    message = gettext_lazy("Ese consentimiento ya se retiró.")  # type: ignore[assignment]


class TextSuperseded(DomainError):
    """There is a newer wording: `current` is its id."""

    code = "text_superseded"
    message = gettext_lazy("Ese texto tiene una versión más nueva.")  # type: ignore[assignment]


def publish_text(*, kind: str, text: str, published_by: UUID) -> ConsentText:
    """Publish a wording as the next version of its kind. The earlier ones stay as they were."""
    if not text.strip():
        raise Invalid({"text": ["Falta el texto."]})
    for _ in range(3):
        last = ConsentText.objects.filter(kind=kind).aggregate(last=Max("text_version"))["last"]
        try:
            with transaction.atomic():
                return ConsentText.objects.create(
                    kind=kind,
                    text=text.strip(),
                    text_version=(last or 0) + 1,
                    published_by=published_by,
                )
        except IntegrityError as error:
            # Somebody published one at the same moment: this one comes after it.
            if violated_constraint(error) != "consent_text_once":
                raise
    raise DomainError(str(gettext_lazy("Otra persona está publicando. Probá de nuevo.")))


def text_rows() -> QuerySet[ConsentText]:
    return ConsentText.objects.all()


def find_text(text_id: UUID) -> ConsentText:
    """Return a text of this clinic."""
    found = ConsentText.objects.filter(pk=text_id).first()
    if found is None:
        raise NotFound
    return found


def give_consent(
    *,
    patient_id: UUID,
    text_id: UUID,
    how: str,
    recorded_by: UUID | None,
    message_id: UUID | None = None,
) -> Consent:
    """Record that a patient consented to the newest wording of a text, and how they gave it."""
    patient = find_patient(patient_id)
    text = find_text(text_id)
    newest = ConsentText.objects.filter(kind=text.kind).order_by("-text_version").first()
    if newest is not None and newest.pk != text.pk:
        raise TextSuperseded(current=str(newest.pk))
    try:
        with transaction.atomic():
            return Consent.objects.create(
                patient=patient,
                text=text,
                how=how,
                message_id=message_id,
                recorded_by=recorded_by,
            )
    except IntegrityError as error:
        if violated_constraint(error) == "consent_one_current":
            raise ConsentGiven from error
        raise


def withdraw_consent(*, patient_id: UUID, consent_id: UUID, withdrawn_by: UUID) -> Consent:
    """Record that a patient took a consent back. The consent stays, with when it ended."""
    rows = Consent.objects.filter(patient_id__in=person_ids(find_patient(patient_id)))
    done = rows.filter(pk=consent_id, withdrawn_at=None).update(
        withdrawn_at=clock.now(), withdrawn_by=withdrawn_by
    )
    if not done and not rows.filter(pk=consent_id).exists():
        raise NotFound
    if not done:
        raise ConsentWithdrawn
    return find_consent(consent_id)


def find_consent(consent_id: UUID) -> Consent:
    """Return a consent with its text."""
    found = Consent.objects.select_related("text").filter(pk=consent_id).first()
    if found is None:
        raise NotFound
    return found


def consents_of(patient: Patient) -> QuerySet[Consent]:
    """Return what the person consented to under all their rows, withdrawn ones included."""
    return Consent.objects.select_related("text").filter(patient_id__in=person_ids(patient))


def has_consented(patient: Patient, kind: str) -> bool:
    """Whether a consent to some wording of that kind stands."""
    return consents_of(patient).filter(text__kind=kind, withdrawn_at=None).exists()
