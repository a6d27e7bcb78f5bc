from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import ChannelIdentity, Patient, Professional, ProfessionalTreatment, Treatment
from clinics.tenancy.models import CalendarProvider, Clinic, Line, Membership, User
from dentalogic.core import relay
from dentalogic.core.clock import real_now
from dentalogic.core.models import OutboxMessage
from dentalogic.core.tenancy import clinic_scope
from dentalogic.sandbox.client import SandboxProcess
from tests.admin.conftest import Enter
from tests.fixtures.api import membership, own_row
from whatsapp.models import Conversation, DeliveryStatus, Message

pytestmark = pytest.mark.django_db
HOURS = {"0": [{"start": "09:00", "end": "13:00"}]}
PHONE = "+5491144445555"


def steps(page: str) -> dict[str, bool]:
    """Return what the list says, title by title."""
    listed = page.split('id="setup"', 1)[1].split("</section>", 1)[0]
    found = re.findall(r'data-done="(yes|no)".*?<a [^>]*>([^<]+)</a>', listed, re.DOTALL)
    return {title: done == "yes" for done, title in found}


def talk(clinic: Clinic, *, hours_ago: float) -> Conversation:
    """Let the CEO have written to the clinic's line from their own phone."""
    User.objects.filter(pk=membership(clinic, "ceo").user_id).update(phone=PHONE)
    with clinic_scope(clinic):
        identity = ChannelIdentity.objects.create(
            patient=Patient.objects.create(), raw_id=PHONE[1:], phone=PHONE, send_to=PHONE[1:]
        )
        at = real_now() - timedelta(hours=hours_ago)
        return Conversation.objects.create(
            identity=identity,
            line_id=Line.objects.get(clinic=clinic).pk,
            last_inbound_at=at,
            last_message_at=at,
        )


def test_the_list_follows_the_tables(enter: Enter, alfa: Clinic) -> None:
    with clinic_scope(alfa):
        ProfessionalTreatment.objects.all().delete()
        Treatment.objects.update(is_active=False)
        Professional.objects.update(is_active=False)
    client = enter()
    assert steps(client.get("/admin/").content.decode()) == {
        "Profesionales y horarios": False,
        "Tratamientos": False,
        "Equipo": True,
        "Línea de WhatsApp": False,
        "Calendario": True,
        "Tono del asistente": False,
    }
    row = own_row(alfa, working_hours={"0": []})
    page = client.get("/admin/").content.decode()
    assert "Falta cargar los horarios de 1 profesional." in page
    with clinic_scope(alfa):
        Professional.objects.filter(pk=row.pk).update(working_hours=HOURS)
        Treatment.objects.create(code="uno", name="Uno", name_key="uno", minutes=30)
    page = client.get("/admin/").content.decode()
    assert steps(page)["Profesionales y horarios"]
    assert "que ningún profesional hace" in page
    with clinic_scope(alfa):
        for one in Treatment.objects.filter(is_active=True):
            ProfessionalTreatment.objects.create(professional=row, treatment=one)
    Membership.objects.filter(clinic=alfa, role="secretary").update(status="pending")
    alfa.settings = {"tone": "formal"}
    alfa.save()
    told = steps(client.get("/admin/").content.decode())
    assert told["Tratamientos"]
    assert told["Tono del asistente"]
    assert not told["Equipo"]


def test_the_line_is_tried_with_the_ceos_own_phone(enter: Enter, alfa: Clinic) -> None:
    client = enter()
    assert 'name="phone"' in client.get("/admin/").content.decode()
    wrong = client.post("/admin/setup/phone/", {"phone": "12"}, follow=True)
    assert "No es un teléfono válido." in wrong.content.decode()
    ceo = membership(alfa, "ceo").user
    assert ceo.phone == ""
    client.post("/admin/setup/phone/", {"phone": "11 4444-5555"})
    ceo.refresh_from_db()
    assert ceo.phone == PHONE
    refused = client.post("/admin/setup/line/test/", follow=True).content.decode()
    assert "volvé a probar: WhatsApp lo pide." in refused
    conversation = talk(alfa, hours_ago=1)
    sent = client.post("/admin/setup/line/test/", follow=True).content.decode()
    assert "está en camino" in sent
    with clinic_scope(alfa):
        message = Message.objects.get(conversation=conversation)
        assert (message.author, message.status) == ("staff", "queued")
        owed = OutboxMessage.objects.get(topic="message.queued")
        assert owed.payload == {"message_id": str(message.pk)}
        Message.objects.filter(pk=message.pk).update(status=DeliveryStatus.DELIVERED)
    assert steps(client.get("/admin/").content.decode())["Línea de WhatsApp"]
    with clinic_scope(alfa):
        Message.objects.filter(pk=message.pk).update(status=DeliveryStatus.FAILED)
    assert not steps(client.get("/admin/").content.decode())["Línea de WhatsApp"]


def test_nothing_is_sent_after_a_day_of_silence(enter: Enter, alfa: Clinic) -> None:
    talk(alfa, hours_ago=25)
    page = enter().post("/admin/setup/line/test/", follow=True).content.decode()
    assert "Mandá un «hola»" in page
    with clinic_scope(alfa):
        assert not Message.objects.exists()
    assert not OutboxMessage.objects.filter(topic="message.queued").exists()


def test_the_calendar_is_tried_with_an_event(
    enter: Enter, alfa: Clinic, vendors: SandboxProcess
) -> None:
    alfa.calendar_provider = CalendarProvider.GOOGLE
    alfa.save()
    client = enter()
    refused = client.post("/admin/setup/calendar/test/", follow=True).content.decode()
    assert "La clínica no tiene calendarios de Google." in refused
    assert not OutboxMessage.objects.filter(topic="calendar.tested").exists()
    name = f"{uuid.uuid4().hex}@tests.example"
    vendors.calendar(name, timeZone="America/Argentina/Buenos_Aires")
    own_row(alfa, working_hours=HOURS, google_calendar_id=name)
    page = client.post("/admin/setup/calendar/test/", follow=True).content.decode()
    assert "Probando…" in page
    row = OutboxMessage.objects.get(topic="calendar.tested")
    assert set(row.payload) == {"professional_id", "test_id"}
    relay.drain(sinks=("google",))
    row.refresh_from_db()
    assert row.done_at is not None
    assert "Probado el" in client.get("/admin/").content.decode()


def test_only_the_ceo_sets_up(enter: Enter, operator: Any, alfa: Clinic) -> None:
    for who in (enter("secretary"), enter("professional")):
        assert who.post("/admin/setup/phone/", {"phone": PHONE}, follow=True).status_code == 403
        assert who.post("/admin/setup/line/test/", follow=True).status_code == 403
    assert operator.post("/admin/setup/phone/", {"phone": PHONE}).status_code == 403
    assert operator.post("/admin/setup/line/test/").status_code == 403
    assert enter().post("/admin/setup/other/test/").status_code == 404
    assert enter().get("/admin/setup/line/test/").status_code == 405
    assert not User.objects.filter(phone=PHONE).exists()
    assert "setup-title" not in operator.get("/admin/").content.decode()


def test_the_list_asks_no_more_for_more_rows(enter: Enter, alfa: Clinic) -> None:
    client = enter()
    client.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/")
    with clinic_scope(alfa):
        Professional.objects.bulk_create(
            Professional(first_name=f"P{n}", last_name="X", name_key=f"p{n}") for n in range(50)
        )
        Treatment.objects.bulk_create(
            Treatment(code=f"t{n}", name="T", name_key="t", minutes=30) for n in range(50)
        )
    with CaptureQueriesContext(connection) as many:
        client.get("/admin/")
    assert len(many) == len(few) < 30
