"""One patient, all the way: phone, signed webhook, turn, agenda, reply, and the staff's socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
import websockets
from asgiref.sync import sync_to_async

from agent.evals.playing import Played, Player
from agent.evals.scenarios import FOLDER, Scenario, read_scenario
from agent.evals.stage import Stage
from clinics.gcal.push import event_id
from clinics.models import Appointment
from clinics.tenancy import tokens
from clinics.tenancy.models import Role
from dentalogic.core.tenancy import clinic_scope
from dentalogic.sandbox.client import SandboxProcess
from tests.faults.stories import wait_for
from tests.fixtures.clinics import make_user
from tests.fixtures.server import Served

pytestmark = [pytest.mark.asyncio, pytest.mark.processes]
SOON = 60


async def test_a_guest_books_and_the_staff_see_it_happen(
    stage: Callable[[Scenario], Stage], server: Served, vendors: SandboxProcess
) -> None:
    scenario = read_scenario(FOLDER / "guest-books-cleaning.yaml")
    there = await sync_to_async(stage)(scenario)
    secretary = await sync_to_async(make_user)(there.clinic, Role.SECRETARY)
    token = (await sync_to_async(tokens.issue)(secretary)).access
    protocols = [websockets.Subprotocol("jwt"), websockets.Subprotocol(token)]
    async with websockets.connect(server.socket_url, subprotocols=protocols) as line:
        playing = asyncio.create_task(sync_to_async(_play)(scenario, there, vendors))
        events = [json.loads(await asyncio.wait_for(line.recv(), SOON))]
        while events[-1]["type"] != "NEW_APPOINTMENT":
            events.append(json.loads(await asyncio.wait_for(line.recv(), SOON)))
        played = await playing
    visit = await sync_to_async(_only_visit)(there)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert {event["type"] for event in events} >= {"NEW_MESSAGE", "PATIENT_UPDATED"}
    told = events[-1]["data"]
    assert (told["id"], told["status"], told["source"]) == (str(visit.pk), "scheduled", "agent")
    assert told["patient"]["name"] == "Carolina Díaz"
    assert told["treatment"]["name"] == "Limpieza dental"
    # What the staff see of it holds nothing that an event may not carry.
    assert "30111222" not in json.dumps(events)
    assert "5491155550001" not in json.dumps(events)
    local = visit.starts_at.astimezone(there.zone)
    assert f"{local:%H:%M}" in played.texts[-1]
    # Google has it too, in that professional's calendar.
    written = await sync_to_async(wait_for)(
        lambda: vendors.events(there.calendars["ruiz"]), "the event in Google"
    )
    assert [one["id"] for one in written] == [event_id(visit.pk, 0)]


def _play(scenario: Scenario, there: Stage, vendors: SandboxProcess) -> Played:
    return Player(scenario, there, vendors).play()


def _only_visit(there: Stage) -> Appointment:
    with clinic_scope(there.clinic):
        return Appointment.objects.get()
