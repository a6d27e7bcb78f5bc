"""Every process is stopped and killed under load: what was accepted is there once, and is done."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets
from asgiref.sync import sync_to_async
from django.db import connection

from agent.evals.road import DISPATCHER, WEB, WORKER, Road
from agent.evals.stage import Stage
from agent.models import Turn, TurnOutcome
from clinics.models import Appointment, Event
from clinics.tenancy import tokens
from clinics.tenancy.models import Clinic, Role
from dentalogic.core import bell, clock
from dentalogic.core.tenancy import clinic_scope, no_scope
from dentalogic.sandbox.client import SandboxProcess
from tests.faults.conftest import OpenRoad, road
from tests.faults.stories import ANA, messages, story, wait_for
from tests.fixtures.clinics import (
    NOW,
    make_patient,
    make_professional,
    make_treatment,
    make_user,
)
from tests.production.senders import Provider, Secretary
from tests.whatsapp.conftest import (
    PATH,
    SECRET,
    change,
    headers,
    items,
    number_of,
    text_message,
    webhook,
)
from whatsapp.models import Author, InboxItem, Message

__all__ = ["road"]
pytestmark = pytest.mark.processes
# How a process ends that was asked to: by itself, or by the signal once its work was done.
ENDED = {0, -signal.SIGTERM}
WORDS = "hola, una limpieza el jueves a la mañana"
DAYS = ("11-25", "11-26", "11-27", "11-30", "12-01", "12-02", "12-03", "12-04")
HOURS = ("09", "10", "11", "12", "14", "15", "16", "17")


@pytest.fixture
def clinic(throwaway: Clinic) -> Clinic:
    throwaway.clock_offset = NOW - clock.real_now()
    throwaway.save(update_fields=["clock_offset"])
    return throwaway


@pytest.fixture
def slots(clinic: Clinic) -> list[dict[str, Any]]:
    """Make four pairs of professional and patient; slots in which none of them collides."""
    with clinic_scope(clinic):
        cleaning = make_treatment()
        pairs = [
            (
                make_professional(f"Marta Gil{place}", treatments=(cleaning,)),
                make_patient(
                    f"Ana Paz{place}", dni=f"3011122{place}", phone=f"+549115555100{place}"
                ),
            )
            for place in "1234"
        ]
    return [
        {
            "professional": str(professional.pk),
            "patient": str(patient.pk),
            "treatment": str(cleaning.pk),
            "starts_at": f"2026-{day}T{hour}:{minute}:00-03:00",
        }
        for day in DAYS
        for hour in HOURS
        for minute in ("00", "30")
        for professional, patient in pairs
    ]


@pytest.fixture
def token(clinic: Clinic) -> str:
    with no_scope():
        return tokens.issue(make_user(clinic, Role.SECRETARY)).access


def outbox(clinic: Clinic, condition: str) -> int:
    with no_scope(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM outbox WHERE clinic_id = %s AND {condition}", [clinic.pk]
        )
        return int(cursor.fetchone()[0])


def wait_for_work(clinic: Clinic) -> None:
    """Wait until the worker that is to be stopped has begun to work."""
    before = outbox(clinic, "done_at IS NOT NULL")
    wait_for(lambda: outbox(clinic, "done_at IS NOT NULL") > before, "work by the worker")


def utc(professional: str, starts_at: str) -> str:
    return f"{professional} {datetime.fromisoformat(starts_at).astimezone(UTC).isoformat()}"


def test_whatever_is_stopped_or_killed_nothing_accepted_is_lost_or_doubled(
    road: OpenRoad,
    clinic: Clinic,
    slots: list[dict[str, Any]],
    token: str,
) -> None:
    # Nobody is answered here: the quiet window is longer than the test.
    way: Road = road(
        WHATSAPP_APP_SECRET=SECRET, WHATSAPP_QUIET_SECONDS="60", WHATSAPP_MAX_WAIT_SECONDS="60"
    )
    way.start(WORKER, DISPATCHER, WEB)
    number = number_of(clinic)
    with (
        Provider(way.url, number, "5491161112222") as provider,
        Secretary(way.url, token, slots) as secretary,
    ):
        # That a dispatcher ends when it is asked is a test of its own.
        for how, names in ((way.stop, (WORKER, WEB)), (way.kill, (WORKER, WEB, DISPATCHER))):
            for name in names:
                provider.go_on()
                secretary.go_on()
                if name == WORKER:
                    wait_for_work(clinic)
                code = how(name)
                assert code is None or code in ENDED, (name, way.last_words())
                way.start(name)
        provider.go_on()
        secretary.go_on()
    # A web that is gone is a line that is cut; it is never an error page.
    assert (provider.refused, secretary.refused) == ([], [])
    assert provider.unanswered > 0

    def all_ingested() -> bool:
        return not outbox(clinic, "sink IN ('ingest', 'realtime') AND done_at IS NULL")

    wait_for(all_ingested, "delivering what was owed")
    assert outbox(clinic, "dead_at IS NOT NULL") == 0
    with clinic_scope(clinic):
        kept = list(InboxItem.objects.values_list("item_id", flat=True))
        understood = list(
            Message.objects.filter(author=Author.PATIENT).values_list("provider_id", flat=True)
        )
        booked = [
            utc(str(professional), starts_at.isoformat())
            for professional, starts_at in Appointment.objects.values_list(
                "professional_id", "starts_at"
            )
        ]
        told = Event.objects.filter(type="NEW_APPOINTMENT", number__gt=0).count()
    assert len(kept) == len(set(kept)) == len(understood) == len(set(understood))
    assert set(provider.accepted) <= set(kept)
    # Kept without its 200 may be the last one alone: any other was repeated until accepted.
    assert len(set(kept) - set(provider.accepted)) <= 1
    wished = {utc(*one.split()) for one in secretary.accepted}
    assert len(booked) == len(set(booked)) == told
    assert wished <= set(booked)
    assert len(set(booked) - wished) <= 1


def half_sent(url: str, raw: bytes) -> socket.socket:
    """Begin a webhook and leave it waiting for the second half of its body."""
    place = urlsplit(url)
    line = socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=15)
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {place.netloc}", f"Content-Length: {len(raw)}"]
    lines += [f"{name}: {value}" for name, value in headers(raw).items()]
    line.sendall("\r\n".join([*lines, "", ""]).encode() + raw[: len(raw) // 2])
    return line


@pytest.fixture
def web(road: OpenRoad) -> Road:
    way = road(WHATSAPP_APP_SECRET=SECRET)
    way.start(WEB)
    return way


@pytest.mark.asyncio
async def test_a_request_under_way_ends_and_a_socket_is_told_to_come_again(
    web: Road, clinic: Clinic, token: str
) -> None:
    message = text_message("a medias")
    raw = webhook(change(await sync_to_async(number_of)(clinic), message))
    protocols = [websockets.Subprotocol("jwt"), websockets.Subprotocol(token)]
    address = f"{web.url.replace('http', 'ws')}/ws/events/"
    async with websockets.connect(address, subprotocols=protocols) as line:
        begun = await asyncio.to_thread(half_sent, web.url, raw)
        stopping = asyncio.create_task(asyncio.to_thread(web.stop, WEB))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(line.recv(), 10)
        # Service restart: the page connects again, and asks for what it missed.
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        # Nobody new is let in, and who is in is served.
        with pytest.raises(OSError, match=r"refused|reset"):
            await asyncio.to_thread(half_sent, web.url, raw)
        with begun:
            begun.sendall(raw[len(raw) // 2 :])
            answer = await asyncio.to_thread(begun.recv, 4096)
        assert answer.startswith(b"HTTP/1.1 200")
        assert await stopping in ENDED
    [kept] = await sync_to_async(items)(clinic)
    assert kept.item_id == message["id"]


def test_a_worker_that_is_stopped_ends_its_turn_first(
    road: OpenRoad,
    stages: Callable[..., Stage],
    vendors: SandboxProcess,
) -> None:
    """And what it had not begun is done by the next one."""
    way = road()
    way.start(WEB, WORKER, DISPATCHER)
    stage = stages(story(), web=way.url)
    vendors.barrier(WORDS)
    vendors.say(ANA, WORDS, to=stage.line_id)
    assert vendors.wait_at_barrier(WORDS, wait=40)
    # The turn waits for its model. The signal comes first, then the model's answer.
    way.ask_to_end(WORKER)
    vendors.release(WORDS)
    assert way.stop(WORKER) in ENDED, way.last_words()
    with clinic_scope(stage.clinic):
        assert list(Turn.objects.values_list("outcome", flat=True)) == [TurnOutcome.ANSWERED]
        [answer] = messages(stage, Author.AGENT)
    way.start(WORKER)
    [reply] = wait_for(lambda: vendors.outbox(ANA, line=stage.line_id), "a reply")
    assert reply["text"] == answer.text


def test_a_dispatcher_wakes_to_end(road: OpenRoad) -> None:
    """Asleep for up to 15 seconds when nothing is due: it does not sleep through its end."""
    way = road()
    way.start(DISPATCHER)
    beat = f"{way.environment['REDIS_PREFIX']}:alive:dispatcher"
    wait_for(lambda: bell.client().exists(beat), "the dispatcher's first beat")
    began = clock.real_now()
    assert way.stop(DISPATCHER) == 0
    assert clock.real_now() - began < timedelta(seconds=5)
