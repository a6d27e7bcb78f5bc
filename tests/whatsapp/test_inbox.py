"""From stored items to conversations, bursts and delivery states."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from clinics.models import ChannelIdentity, Event
from clinics.tenancy.models import Clinic, Line
from dentalogic.core import clock
from tests.whatsapp.conftest import change, text_message, webhook
from whatsapp.burst import Patience, deadline
from whatsapp.envelope import open_envelope
from whatsapp.inbox import ingest
from whatsapp.models import Author, Conversation, DeliveryStatus, InboxItem, Message
from whatsapp.threads import add_outgoing

NUMBER = "200000000000001"  # alfa's line in the template


def arrive(*parts: dict[str, Any]) -> None:
    """Store the items of a webhook as the intake does, in order."""
    for item in open_envelope(webhook(*parts)).items:
        InboxItem.objects.create(
            provider="meta",
            external_id=item.external_id,
            item_id=item.item_id,
            kind=item.kind,
            body=json.loads(item.body),
        )


def due() -> list[tuple[str, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, due_at FROM outbox WHERE topic = 'conversation.turn_due'")
        return list(cursor.fetchall())


def texts() -> list[str]:
    return list(Message.objects.order_by("position").values_list("text", flat=True))


@pytest.mark.usefixtures("in_alfa")
class TestMessages:
    def test_a_message_makes_person_thread_and_debt(self) -> None:
        message = text_message("Hola, quiero un turno", sender="5491155550009")
        arrive(change(NUMBER, message))
        ingest()
        [stored] = Message.objects.all()
        conversation = stored.conversation
        identity = conversation.identity
        assert (stored.text, stored.author, stored.position) == (
            message["text"]["body"],
            "patient",
            1,
        )
        assert stored.provider_id == message["id"]
        assert stored.sent_at == datetime.fromtimestamp(1795500000, UTC)
        assert stored.status is None
        assert identity.raw_id == identity.send_to == "5491155550009"
        assert (identity.profile_name, identity.phone) == ("Ana", "+5491155550009")
        assert identity.patient.status == "guest"
        fact = identity.patient.facts.get()
        assert (fact.field, fact.source, fact.value) == ("phone", "channel", "+5491155550009")
        assert conversation.line_id == Line.objects.get(external_id=NUMBER).pk
        assert conversation.unread == 1
        assert [(key, at) for key, at in due()] == [
            (str(conversation.pk), conversation.answer_due_at)
        ]
        [event] = Event.objects.all()
        assert event.type == "NEW_MESSAGE"
        assert set(event.data) == {"conversation_id", "author", "kind", "at"}
        [item] = InboxItem.objects.all()
        assert item.ingested_at is not None
        assert item.failed_at is None

    def test_a_second_run_changes_nothing(self) -> None:
        arrive(change(NUMBER, text_message()))
        ingest()
        ingest()
        InboxItem.objects.update(ingested_at=None)
        ingest()
        assert Message.objects.count() == 1
        assert Event.objects.count() == 1

    def test_another_clinic_s_line_is_no_way_in(self, beta: Clinic) -> None:
        other = Line.objects.get(clinic=beta).external_id
        arrive(change(other, text_message()), change(NUMBER, text_message("mío")))
        ingest()
        assert texts() == ["mío"]
        assert InboxItem.objects.exclude(failed_at=None).get().error == "UnknownLine"

    @pytest.mark.parametrize(
        ("message", "text"),
        [
            ({"type": "image", "image": {"id": "1"}}, "[imagen]"),
            (
                {"type": "image", "image": {"id": "1", "caption": "me duele acá"}},
                "[imagen] me duele acá",
            ),
            ({"type": "audio", "audio": {"id": "1", "voice": True}}, "[audio]"),
            ({"type": "document", "document": {"id": "1"}}, "[documento]"),
            ({"type": "sticker", "sticker": {"id": "1"}}, "[sticker]"),
            ({"type": "location", "location": {"latitude": 1}}, "[ubicación]"),
            ({"type": "contacts", "contacts": []}, "[contacto]"),
            ({"type": "reaction", "reaction": {"emoji": "👍"}}, "[reacción: 👍]"),
            ({"type": "button", "button": {"text": "Sí"}}, "Sí"),
            (
                {
                    "type": "interactive",
                    "interactive": {"list_reply": {"id": "1", "title": "14:00"}},
                },
                "14:00",
            ),
            ({"type": "unsupported"}, "[mensaje que WhatsApp no muestra]"),
            ({"type": "from_the_future", "from_the_future": {"x": 1}}, "[mensaje de otro tipo]"),
            ({"type": "text", "text": {"body": "   "}}, "[mensaje de otro tipo]"),
        ],
    )
    def test_no_kind_is_met_with_silence(self, message: dict[str, Any], text: str) -> None:
        arrive(change(NUMBER, {**text_message(), **message}))
        ingest()
        assert texts() == [text]
        assert len(due()) == 1

    @pytest.mark.parametrize(
        "message",
        [
            {"type": "system", "system": {"body": "cambió de número"}},
            {"type": "reaction", "reaction": {"emoji": ""}},
        ],
    )
    def test_what_says_nothing_owes_nothing(self, message: dict[str, Any]) -> None:
        arrive(change(NUMBER, {**text_message(), **message}))
        ingest()
        assert Message.objects.count() == 1
        assert due() == []

    @pytest.mark.parametrize(
        "broken",
        [
            {"timestamp": "yesterday"},
            {"timestamp": "9" * 30},
            {"from": None},
            {"from": "abc"},
            {"from": ""},
            {"type": 7},
            {"type": None},
            {"id": 3},
        ],
    )
    def test_a_bad_item_is_marked_and_its_neighbours_go_on(
        self, broken: dict[str, Any], capfd: pytest.CaptureFixture[str]
    ) -> None:
        bad = text_message("palabras privadas") | broken
        arrive(change(NUMBER, text_message("uno"), bad, text_message("dos")))
        ingest()
        assert texts() == ["uno", "dos"]
        [failed] = InboxItem.objects.exclude(failed_at=None)
        assert failed.error
        assert InboxItem.objects.filter(ingested_at=None, failed_at=None).count() == 0
        assert "palabras privadas" not in "".join(capfd.readouterr())

    def test_somebody_without_a_phone_is_known_by_the_business_scoped_id(self) -> None:
        message = text_message("hola", from_user_id="AR.123456")
        del message["from"]
        arrive(change(NUMBER, message))
        ingest()
        identity = ChannelIdentity.objects.get()
        assert (identity.raw_id, identity.send_to, identity.bsuid) == ("AR.123456",) * 3
        assert identity.phone is None

    def test_while_a_person_has_the_conversation_nothing_is_owed(self) -> None:
        arrive(change(NUMBER, text_message("uno")))
        ingest()
        conversation = Conversation.objects.get()
        conversation.human_until = clock.now() + timedelta(hours=1)
        conversation.burst_began_at = conversation.answer_due_at = None
        conversation.save()
        arrive(change(NUMBER, text_message("dos")))
        ingest()
        conversation.refresh_from_db()
        assert conversation.answer_due_at is None
        assert conversation.unread == 2
        assert Event.objects.count() == 2


@pytest.mark.usefixtures("in_alfa")
class TestBursts:
    def test_a_burst_waits_for_quiet_and_not_for_ever(self, settings: Any) -> None:
        settings.WHATSAPP_QUIET_SECONDS, settings.WHATSAPP_MAX_WAIT_SECONDS = 4, 20
        before = clock.real_now()
        arrive(change(NUMBER, text_message("uno")))
        ingest()
        first = Conversation.objects.get()
        assert first.answer_due_at is not None
        assert timedelta(seconds=4) <= first.answer_due_at - before < timedelta(seconds=6)
        arrive(change(NUMBER, text_message("dos")))
        ingest()
        second = Conversation.objects.get()
        assert second.answer_due_at is not None
        assert second.answer_due_at > first.answer_due_at
        assert second.burst_began_at == first.burst_began_at
        assert due() == [(str(second.pk), second.answer_due_at)]

    def test_the_cap_counts_from_the_first_message(self) -> None:
        patience = Patience(timedelta(seconds=4), timedelta(seconds=20))
        began = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

        def after(seconds: int) -> datetime:
            return began + timedelta(seconds=seconds)

        assert deadline(began, began, patience) == after(4)
        assert deadline(began, after(3), patience) == after(7)
        assert deadline(began, after(17), patience) == after(20)
        assert deadline(began, after(25), patience) == after(25)

    def test_the_clinic_s_own_window_wins(self, alfa: Clinic, settings: Any) -> None:
        settings.WHATSAPP_QUIET_SECONDS, settings.WHATSAPP_MAX_WAIT_SECONDS = 4, 20
        alfa.settings = {"quiet_seconds": 0.5, "max_wait_seconds": 0}
        alfa.save()
        assert Patience.of_clinic() == Patience(timedelta(seconds=0.5), timedelta(0))

    def test_during_a_turn_a_new_burst_begins(self, settings: Any) -> None:
        settings.WHATSAPP_QUIET_SECONDS, settings.WHATSAPP_MAX_WAIT_SECONDS = 4, 20
        arrive(change(NUMBER, text_message("uno")))
        ingest()
        conversation = Conversation.objects.get()
        old = clock.real_now() - timedelta(seconds=30)
        conversation.burst_began_at = conversation.answer_due_at = old
        conversation.turn_leased_until = clock.real_now() + timedelta(
            seconds=settings.WHATSAPP_TURN_LEASE_SECONDS - 5
        )
        conversation.save()
        arrive(change(NUMBER, text_message("dos")))
        ingest()
        fresh = Conversation.objects.get()
        assert fresh.burst_began_at is not None
        assert fresh.answer_due_at is not None
        assert fresh.burst_began_at > old
        assert fresh.answer_due_at > clock.real_now() + timedelta(seconds=2)


@pytest.mark.usefixtures("in_alfa")
class TestReports:
    def sent(self, status: str = "sent", provider_id: str | None = "wamid.out") -> Message:
        arrive(change(NUMBER, text_message()))
        ingest()
        conversation = Conversation.objects.for_update().get()
        message = add_outgoing(conversation, "Hola", author=Author.AGENT)
        Message.objects.filter(pk=message.pk).update(status=status, provider_id=provider_id)
        return message

    def report(self, status: str, *, id: str = "wamid.out", **more: Any) -> None:  # noqa: A002
        arrive(change(NUMBER, statuses=[{"id": id, "status": status, "timestamp": "1"} | more]))
        ingest()

    @pytest.mark.parametrize(
        ("reports", "end"),
        [
            (["delivered", "read"], "read"),
            (["read", "delivered", "sent"], "read"),
            (["delivered", "failed"], "delivered"),
            (["failed", "delivered"], "failed"),
            (["played"], "read"),
            (["unheard_of"], "sent"),
        ],
    )
    def test_states_move_forward_only(self, reports: list[str], end: str) -> None:
        message = self.sent()
        for status in reports:
            self.report(status)
        assert Message.objects.get(pk=message.pk).status == end

    def test_a_failure_keeps_the_code(self) -> None:
        message = self.sent()
        self.report("failed", errors=[{"code": 131026, "title": "x"}])
        message.refresh_from_db()
        assert (message.status, message.error) == ("failed", "meta_131026")

    def test_a_report_settles_what_was_maybe_sent(self) -> None:
        message = self.sent(DeliveryStatus.MAYBE_SENT, None)
        self.report("delivered", id="wamid.lost", biz_opaque_callback_data=str(message.pk))
        message.refresh_from_db()
        assert (message.status, message.provider_id) == ("delivered", "wamid.lost")

    @pytest.mark.parametrize("reference", ["", "not-an-id", "7b7ee100-31b7-4d04-92fd-666fb2d8c043"])
    def test_a_stranger_s_report_changes_nothing(self, reference: str) -> None:
        message = self.sent()
        self.report("read", id="wamid.else", biz_opaque_callback_data=reference)
        message.refresh_from_db()
        assert message.status == "sent"
        assert InboxItem.objects.filter(failed_at=None, ingested_at=None).count() == 0
