"""The agenda as a secretary sees it: today, live, and moved along with a click."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from clinics.models import Appointment, Professional, Treatment
from clinics.services.actors import Actor
from clinics.services.booking import book_appointment, confirm_appointment, hold_slot
from clinics.tenancy.models import Membership, Role
from dentalogic.core import clock
from tests.browser.conftest import Backstage, log_in
from tests.fixtures.clinics import make_patient, make_professional, make_treatment

pytestmark = pytest.mark.browser
BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
ALL_DAY = {str(day): [{"start": "00:00", "end": "23:45"}] for day in range(7)}


def at(hour: int, minute: int = 0) -> datetime:
    """A moment of today in the clinic's zone, whatever the machine's clock says."""
    today = datetime.now(BUENOS_AIRES)
    return today.replace(hour=hour, minute=minute, second=0, microsecond=0).astimezone(UTC)


@pytest.fixture
def agenda(backstage: Backstage) -> dict[str, object]:
    """Two professionals who work all day, so that the test does not depend on the hour."""

    def furnish() -> dict[str, object]:
        # Today may be a holiday.
        backstage.clinic.settings = {"holidays": False}
        backstage.clinic.save()
        cleaning = make_treatment()
        return {
            "cleaning": cleaning,
            "ruiz": make_professional(treatments=(cleaning,), hours=ALL_DAY),
            "gomez": make_professional(
                "Julián Gómez", title="Dr.", treatments=(cleaning,), hours=ALL_DAY
            ),
        }

    return backstage(furnish)


def book(
    backstage: Backstage,
    agenda: dict[str, object],
    name: str,
    starts_at: datetime,
    *,
    dni: str,
    with_: str = "ruiz",
) -> Appointment:
    """Book like the assistant, early that day."""
    professional, treatment = agenda[with_], agenda["cleaning"]
    assert isinstance(professional, Professional)
    assert isinstance(treatment, Treatment)

    def work() -> Appointment:
        with clock.frozen(at(0) - timedelta(hours=3)):
            return book_appointment(
                patient=make_patient(name, dni=dni, phone=f"+54911{dni}"),
                professional_id=professional.pk,
                treatment=treatment,
                starts_at=starts_at,
                actor=Actor.system(),
                source="agent",
            )

    return backstage(work)


def test_todays_agenda_in_the_hours_of_the_clinic(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    book(backstage, agenda, "Ana Pérez", at(10), dni="30111222")
    log_in(page, person(Role.SECRETARY))

    expect(page).to_have_url(re.compile(r":\d+/$"))
    expect(page.get_by_text("Dra. María Elena Ruiz", exact=True)).to_be_visible()
    shown = page.locator(".visit", has_text="Ana Pérez")
    expect(shown).to_contain_text("10:00–10:30")
    expect(shown).to_contain_text("Agendado")
    expect(shown).to_contain_text("Limpieza dental")
    expect(page.locator("#summary")).to_have_text("1 turno · 1 por el asistente")
    expect(page.locator("#live")).to_have_text("en vivo")


def test_a_new_appointment_appears_by_itself(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    log_in(page, person(Role.SECRETARY))
    expect(page.locator("#live")).to_have_text("en vivo")
    page.evaluate("window.sameDocument = true")

    book(backstage, agenda, "Bruno Díaz", at(11), dni="30111333")
    backstage.push()

    expect(page.locator("#toasts")).to_contain_text("Nuevo turno: Bruno Díaz")
    expect(page.locator(".visit", has_text="Bruno Díaz")).to_be_visible()
    assert page.evaluate("window.sameDocument")


def test_news_leave_alone_what_somebody_is_using(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    book(backstage, agenda, "Ana Pérez", at(10), dni="30111222")
    backstage.push()
    log_in(page, person(Role.SECRETARY))
    expect(page.locator("#live")).to_have_text("en vivo")
    focused = page.locator(".ec-event[data-id]").first
    focused.focus()
    focused.evaluate("element => { element.same = true; }")

    book(backstage, agenda, "Bruno Díaz", at(11), dni="30111333")
    backstage.push()

    expect(page.locator(".visit", has_text="Bruno Díaz")).to_be_visible()
    assert page.evaluate("document.activeElement.same")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Ana Pérez")


def test_what_happened_while_the_line_was_cut_is_caught_up_with(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    log_in(page, person(Role.SECRETARY))
    expect(page.locator("#live")).to_have_text("en vivo")
    page.context.set_offline(True)
    page.evaluate("window.Live.line.socket.close()")
    expect(page.locator("#live")).to_have_text("reconectando")
    book(backstage, agenda, "Carla Sosa", at(12), dni="30111444")
    backstage.push()
    expect(page.locator(".visit", has_text="Carla Sosa")).to_have_count(0)

    page.context.set_offline(False)

    expect(page.locator(".visit", has_text="Carla Sosa")).to_be_visible()
    expect(page.locator("#live")).to_have_text("en vivo")
    expect(page.locator(".toast")).to_have_count(1)


def test_a_patient_is_moved_along_and_a_cancellation_asks_why(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    booked = book(backstage, agenda, "Ana Pérez", at(10), dni="30111222")
    log_in(page, person(Role.SECRETARY))
    page.locator(".visit", has_text="Ana Pérez").click()
    sheet = page.get_by_role("dialog")
    for button, state in (
        ("Confirmar", "Confirmado"),
        ("Llegó", "En la sala"),
    ):
        sheet.get_by_role("button", name=button, exact=True).click()
        expect(sheet.locator("#details-status")).to_have_text(state)
    sheet.get_by_role("button", name="Cancelar turno").click()
    sheet.get_by_label("Motivo (opcional)").fill("se sintió mal")
    sheet.get_by_role("button", name="Cancelar turno").click()
    expect(sheet.locator("#details-status")).to_have_text("Cancelado")
    expect(sheet).to_contain_text("se sintió mal")

    row = backstage(lambda: Appointment.objects.get(pk=booked.pk))
    assert (row.status, row.cancel_reason, row.version) == ("cancelled", "se sintió mal", 4)


def test_a_change_on_an_old_page_is_refused_in_words(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    booked = book(backstage, agenda, "Ana Pérez", at(10), dni="30111222")
    # A socket that is open and says nothing: the page can't know better.
    page.route_web_socket("**/ws/**", lambda line: None)
    log_in(page, person(Role.SECRETARY))
    page.locator(".visit", has_text="Ana Pérez").click()
    backstage(lambda: confirm_appointment(appointment_id=booked.pk, actor=Actor.system()))

    sheet = page.get_by_role("dialog")
    sheet.get_by_role("button", name="Llegó").click()

    expect(sheet.get_by_role("alert")).to_contain_text("Otra persona cambió este turno")
    expect(sheet.locator("#details-status")).to_have_text("Confirmado")
    sheet.get_by_role("button", name="Llegó").click()
    expect(sheet.locator("#details-status")).to_have_text("En la sala")


def test_a_hold_is_a_mark_and_nobodys_appointment(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    ruiz, cleaning = agenda["ruiz"], agenda["cleaning"]
    assert isinstance(ruiz, Professional)
    assert isinstance(cleaning, Treatment)
    conversation = uuid.uuid4()

    def hold() -> None:
        held = hold_slot(
            conversation_id=conversation,
            professional_id=ruiz.pk,
            treatment=cleaning,
            starts_at=at(10) + timedelta(days=1),
            actor=Actor.patient(conversation),
        )
        Appointment.objects.filter(pk=held.pk).update(patient=make_patient("Zoe Secreta"))

    backstage(hold)
    log_in(page, person(Role.SECRETARY))
    page.get_by_label("Día siguiente").click()
    expect(page.locator(".hold-mark")).to_have_count(1)
    assert "Zoe Secreta" not in page.content()


def test_staff_book_a_free_time_by_hand(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    backstage(lambda: make_patient("Elena Ríos", dni="30111555", phone="+5491130111555"))
    log_in(page, person(Role.SECRETARY))
    page.get_by_label("Día siguiente").click()
    page.get_by_role("button", name="Nuevo turno").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("combobox", name="Paciente").fill("rios")
    sheet.get_by_role("option", name="Elena Ríos").click()
    sheet.get_by_label("Profesional").select_option(label="Dr. Julián Gómez")
    sheet.get_by_label("Hora").fill("15:00")
    sheet.get_by_role("button", name="Dar el turno").click()

    shown = page.locator(".visit", has_text="Elena Ríos")
    expect(shown).to_contain_text("15:00–15:30")
    row = backstage(lambda: Appointment.objects.select_related("professional").get())
    assert (row.professional.last_name, row.source) == ("Gómez", "staff")
    assert row.starts_at.astimezone(BUENOS_AIRES).hour == 15


def test_a_professional_sees_their_own_column_only(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    book(backstage, agenda, "Ana Pérez", at(10), dni="30111222")
    book(backstage, agenda, "Bruno Díaz", at(10), dni="30111333", with_="gomez")
    member = person(Role.PROFESSIONAL, name="Elena")
    ruiz = agenda["ruiz"]
    assert isinstance(ruiz, Professional)
    backstage(lambda: Professional.objects.filter(pk=ruiz.pk).update(user_id=member.user_id))
    log_in(page, member)

    expect(page.locator(".visit", has_text="Ana Pérez")).to_be_visible()
    assert "Bruno Díaz" not in page.content()
    assert "Gómez" not in page.content()
    expect(page.get_by_role("link", name="Equipo")).to_have_count(0)


def test_the_phone_shows_one_professional_at_a_time_without_scrolling_sideways(
    page: Page,
    backstage: Backstage,
    agenda: dict[str, object],
    person: Callable[..., Membership],
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    book(backstage, agenda, "Ana Pérez", at(10), dni="30111222")
    log_in(page, person(Role.CEO))
    page.get_by_role("button", name="Dra. Ruiz").click()
    expect(page.locator(".visit", has_text="Ana Pérez")).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
