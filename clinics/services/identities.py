"""Who writes: from a provider's id to a person, and the people they may speak for."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from clinics.models import (
    Appointment,
    AppointmentStatus,
    ChannelIdentity,
    FactField,
    FactSource,
    Guardian,
    Patient,
    PatientStatus,
)
from clinics.services.facts import write_fact
from clinics.services.phones import e164, from_channel
from dentalogic.core import clock
from dentalogic.core.names import name_key

UPCOMING = (
    AppointmentStatus.PENDING_CONFIRMATION,
    AppointmentStatus.SCHEDULED,
    AppointmentStatus.CONFIRMED,
)


def identify_sender(
    *,
    raw_id: str,
    phone: str | None,
    send_to: str,
    profile_name: str = "",
    bsuid: str = "",
    channel: str = "whatsapp",
    conversation_hint: UUID | None = None,
) -> ChannelIdentity:
    """Return the identity behind a provider's id, made at the first message.

    The forms of an Argentine mobile meet by number. A patient whom staff entered is taken for the
    writer only where they alone have that phone; else a guest is made. The profile name is kept
    and is no fact.
    """
    found = _known(channel, raw_id)
    if found is None:
        try:
            with transaction.atomic():
                found = _make(raw_id, phone, send_to, profile_name, bsuid, channel)
        except IntegrityError:
            # Two first messages at once: the other one made it.
            found = ChannelIdentity.objects.select_related("patient").get(
                channel=channel, raw_id=raw_id
            )
    else:
        _refresh(found, send_to, profile_name, bsuid)
    if conversation_hint is not None and found.phone is not None:
        with transaction.atomic():
            _note_phone(found, conversation_hint)
    return found


def _known(channel: str, raw_id: str) -> ChannelIdentity | None:
    return (
        ChannelIdentity.objects.select_related("patient")
        .filter(channel=channel, raw_id=raw_id)
        .first()
    )


def _make(
    raw_id: str, phone: str | None, send_to: str, profile_name: str, bsuid: str, channel: str
) -> ChannelIdentity:
    number = None
    if phone:
        number = e164(phone) if phone.startswith("+") else from_channel(phone)
    return ChannelIdentity.objects.create(
        patient=_person(number, bsuid),
        channel=channel,
        raw_id=raw_id,
        bsuid=bsuid,
        phone=number,
        send_to=send_to,
        profile_name=profile_name[:120],
    )


def _person(phone: str | None, bsuid: str) -> Patient:
    if bsuid:
        same = ChannelIdentity.objects.select_related("patient").filter(bsuid=bsuid).first()
        if same is not None:
            found: Patient = same.patient
            return found
    if phone is not None:
        same = (
            ChannelIdentity.objects.select_related("patient")
            .filter(phone=phone)
            .order_by("created_at")
            .first()
        )
        if same is not None:
            known: Patient = same.patient
            return known
        owners = Patient.objects.filter(phone=phone, status=PatientStatus.ACTIVE, merged_into=None)[
            :2
        ]
        if len(owners) == 1:
            return owners[0]
    return Patient.objects.create(phone=phone)


def _refresh(identity: ChannelIdentity, send_to: str, profile_name: str, bsuid: str) -> None:
    fresh = {
        "send_to": send_to or identity.send_to,
        "profile_name": profile_name[:120] or identity.profile_name,
        "bsuid": bsuid or identity.bsuid,
    }
    changed = [name for name, value in fresh.items() if getattr(identity, name) != value]
    for name in changed:
        setattr(identity, name, fresh[name])
    if changed:
        identity.save(update_fields=changed)


def _note_phone(identity: ChannelIdentity, conversation_id: UUID) -> None:
    if (
        identity.phone is None
        or identity.patient.facts.filter(field=FactField.PHONE, superseded_at=None).exists()
    ):
        return
    write_fact(
        patient=identity.patient,
        name=FactField.PHONE,
        value=identity.phone,
        source=FactSource.CHANNEL,
        conversation_id=conversation_id,
    )


def dependants_of(patient: Patient) -> list[Patient]:
    """Return the people this person may speak for, in the order in which they were named."""
    links = Guardian.objects.filter(guardian=patient).select_related("dependant")
    return [link.dependant for link in links.order_by("created_at", "id")]


def find_or_create_dependant(*, guardian: Patient, relation: str, conversation_id: UUID) -> Patient:
    """Return the dependant whom the guardian calls so: by relation or first name; made if new."""
    called = name_key(relation)
    with transaction.atomic():
        # Two calls at once must not make two children of one.
        Patient.objects.for_update().get(pk=guardian.pk)
        links = Guardian.objects.filter(guardian=guardian).select_related("dependant")
        for link in links.order_by("created_at", "id"):
            if called in {name_key(link.relation), name_key(link.dependant.first_name)}:
                known: Patient = link.dependant
                return known
        dependant = Patient.objects.create()
        Guardian.objects.create(
            guardian=guardian, dependant=dependant, relation=" ".join(relation.split())[:40]
        )
        return dependant


def appointments_of(patient: Patient, *, include_dependants: bool = True) -> list[Appointment]:
    """Return what lies ahead for a person and their dependants, soonest first."""
    people = [patient.pk]
    if include_dependants:
        people += [dependant.pk for dependant in dependants_of(patient)]
    return list(
        Appointment.objects.filter(patient__in=people, status__in=UPCOMING, ends_at__gt=clock.now())
        .select_related("patient", "professional", "treatment")
        .order_by("starts_at", "id")
    )
