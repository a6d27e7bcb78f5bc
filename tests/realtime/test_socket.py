"""The socket tells what was committed, in order, once, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from clinics import realtime
from clinics.models import Event
from clinics.services.events import record_event
from clinics.tenancy.models import Clinic, Role
from dentalogic.core import bell
from dentalogic.core.clock import real_now
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.clinics import make_professional
from tests.realtime.conftest import happens, push, record, snapshot

pytestmark = pytest.mark.asyncio
off_loop = sync_to_async


async def test_a_committed_event_arrives_with_the_contracts_shape(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    one = await plug(token=token)

    await off_loop(happens)(throwaway, "Ana Pérez")

    event = await one.hear()
    assert set(event) == {"id", "type", "occurred_at", "data"}
    assert (event["id"], event["type"]) == (1, "NEW_APPOINTMENT")
    assert event["occurred_at"].endswith("-03:00")
    assert set(event["data"]) == set(snapshot())
    assert await one.hears_nothing()


async def test_the_subprotocol_is_answered(
    throwaway: Clinic, member: Callable[..., Any], committing: None
) -> None:
    from tests.realtime.conftest import Socket

    _, token = await off_loop(member)(throwaway)
    one = Socket(token=token)
    assert await one.open() == "jwt"
    await one.close()


async def test_nothing_is_heard_of_what_was_rolled_back(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    one = await plug(token=token)

    def change_ones_mind() -> None:
        with clinic_scope(throwaway), transaction.atomic():
            record_event("NEW_APPOINTMENT", snapshot("Nadie"))  # type: ignore[arg-type]
            push_while_open()
            transaction.set_rollback(True)
        push()

    def push_while_open() -> None:
        # Before the commit there is nothing to number for anybody else.
        assert realtime.last_number() == 0

    await off_loop(change_ones_mind)()
    assert await one.hears_nothing()
    await off_loop(happens)(throwaway, "Ana")
    assert (await one.hear())["id"] == 1


async def test_who_comes_back_gets_what_they_missed_in_order_and_once(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    await off_loop(happens)(throwaway, "1", "2", "3")
    # Committed, but neither numbered nor pushed yet.
    await off_loop(record)(throwaway, "4")

    one = await plug(token=token, since=1)

    assert await one.hear_names(3) == ["2", "3", "4"]
    await off_loop(push)()
    await off_loop(happens)(throwaway, "5")
    assert await one.hear_names(1) == ["5"]
    assert await one.hears_nothing()


async def test_more_than_a_page_is_caught_up_with(
    throwaway: Clinic,
    member: Callable[..., Any],
    plug: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    defaults = realtime.read_events.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "limit", 3)
    _, token = await off_loop(member)(throwaway)
    names = [str(number) for number in range(10)]
    await off_loop(happens)(throwaway, *names)

    one = await plug(token=token, since=0)

    assert await one.hear_names(10) == names


async def test_without_since_it_begins_now(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    await off_loop(happens)(throwaway, "antes")
    one = await plug(token=token)
    assert await one.hears_nothing()
    await off_loop(happens)(throwaway, "después")
    assert await one.hear_names(1) == ["después"]


async def test_two_clinics_never_cross_and_count_apart(
    new_clinic: Callable[..., Clinic], member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    left, right = await off_loop(new_clinic)(), await off_loop(new_clinic)()
    _, left_token = await off_loop(member)(left)
    _, right_token = await off_loop(member)(right)
    here, there = await plug(token=left_token, since=0), await plug(token=right_token, since=0)

    await off_loop(happens)(left, "izquierda")
    await off_loop(happens)(right, "derecha")

    for one, name in ((here, "izquierda"), (there, "derecha")):
        event = await one.hear()
        assert (event["id"], event["data"]["patient"]["name"]) == (1, name)
        assert await one.hears_nothing()


async def test_what_is_older_than_thirty_days_is_a_resync(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    await off_loop(happens)(throwaway, "viejo", "nuevo")

    def age() -> None:
        with clinic_scope(throwaway):
            Event.objects.filter(number=1).update(created_at=real_now() - timedelta(days=31))

    await off_loop(age)()
    one = await plug(token=token, since=0)
    assert await one.hear() == {"type": "resync", "id": 2}
    await off_loop(happens)(throwaway, "ahora")
    assert (await one.hear())["id"] == 3
    other = await plug(token=token, since=1)
    assert await other.hear_names(2) == ["nuevo", "ahora"]


async def test_a_number_that_was_never_given_is_a_resync(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    await off_loop(happens)(throwaway, "uno")
    one = await plug(token=token, since=900)
    assert await one.hear() == {"type": "resync", "id": 1}


async def test_a_professional_hears_of_their_own_agenda_only(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    membership, token = await off_loop(member)(throwaway, Role.PROFESSIONAL)

    def work_here() -> uuid.UUID:
        with clinic_scope(throwaway):
            return make_professional(user_id=membership.user_id).pk

    own = await off_loop(work_here)()
    one = await plug(token=token, since=0)
    await off_loop(happens)(throwaway, "ajena")
    await off_loop(happens)(throwaway, "propia", professional=own)
    await off_loop(happens)(throwaway, "mensaje", type="NEW_MESSAGE", professional=own)

    event = await one.hear()
    assert (event["id"], event["data"]["patient"]["name"]) == (2, "propia")
    assert await one.hears_nothing()
    again = await plug(token=token, since=0)
    assert await again.hear_names(1) == ["propia"]
    assert await again.hears_nothing()


async def test_no_event_carries_dni_telephone_or_clinical_words(
    throwaway: Clinic, committing: None
) -> None:
    from clinics.services.actors import Actor
    from clinics.services.booking import book_appointment
    from dentalogic.core import clock
    from tests.fixtures.clinics import NOW, make_patient, make_treatment, tomorrow

    def book() -> list[dict[str, Any]]:
        with clinic_scope(throwaway), clock.frozen(NOW):
            cleaning = make_treatment()
            ruiz = make_professional(treatments=(cleaning,))
            ana = make_patient()
            book_appointment(
                patient=ana,
                professional_id=ruiz.pk,
                treatment=cleaning,
                starts_at=tomorrow(9),
                actor=Actor.staff(uuid.uuid4()),
                source="staff",
                notes="alérgica a la penicilina",
            )
            realtime.number_events()
            page = realtime.read_events(since=0, role=Role.SECRETARY, professional_id=None)
            return [event.as_message() for event in page.events]

    (event,) = await off_loop(book)()
    assert event["type"] == "NEW_APPOINTMENT"
    assert set(event["data"]) == set(snapshot())
    text = str(event)
    for secret in ("30111222", "+5491155550002", "penicilina", "OSDE"):
        assert secret not in text


async def test_a_hint_that_was_lost_shows_in_the_next_one(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    one = await plug(token=token)

    def lose_a_hint() -> None:
        record(throwaway, "callado")
        with clinic_scope(throwaway):
            realtime.number_events()  # The worker dies before it pushes.
        record(throwaway, "sonoro")
        push()

    await off_loop(lose_a_hint)()
    assert await one.hear_names(2) == ["callado", "sonoro"]


async def test_the_check_finds_what_no_hint_told(
    throwaway: Clinic,
    member: Callable[..., Any],
    plug: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clinics.consumers.EventsConsumer.check_seconds", 0.05)
    _, token = await off_loop(member)(throwaway)
    one = await plug(token=token)
    await off_loop(record)(throwaway, "solo en la tabla")
    assert await one.hear_names(1) == ["solo en la tabla"]


async def test_a_flushed_redis_loses_nothing(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    one = await plug(token=token, since=0)
    await off_loop(happens)(throwaway, "antes")

    def flush() -> None:
        client = bell.client()
        keys = list(client.scan_iter(match=f"*{bell.name().rsplit(':', 1)[0]}*"))
        if keys:
            client.delete(*keys)

    await off_loop(flush)()
    await off_loop(happens)(throwaway, "después")
    assert await one.hear_names(2) == ["antes", "después"]


async def test_without_redis_the_table_is_read(
    throwaway: Clinic,
    member: Callable[..., Any],
    plug: Callable[..., Any],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clinics.consumers.EventsConsumer.deaf_seconds", 0.05)
    monkeypatch.setattr("clinics.consumers.EventsConsumer.check_seconds", 30)
    layers = {**settings.CHANNEL_LAYERS["default"]}
    layers["CONFIG"] = {**layers["CONFIG"], "hosts": ["redis://127.0.0.1:9"]}
    settings.CHANNEL_LAYERS = {"default": layers}
    _, token = await off_loop(member)(throwaway)
    await off_loop(record)(throwaway, "antes")

    one = await plug(token=token, since=0)
    await off_loop(record)(throwaway, "durante")

    assert await one.hear_names(2) == ["antes", "durante"]


async def test_what_the_browser_says_is_ignored(
    throwaway: Clinic, member: Callable[..., Any], plug: Callable[..., Any]
) -> None:
    _, token = await off_loop(member)(throwaway)
    one = await plug(token=token)
    await one.say(text='{"type": "events.ready", "events": [{"id": 1}], "upto": 9}')
    await one.say(bytes=b"\x00\xff")
    await off_loop(happens)(throwaway, "Ana")
    assert await one.hear_names(1) == ["Ana"]
