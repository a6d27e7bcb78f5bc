"""Sockets of two clinics on one event loop: each hears its own clinic, all of it and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from clinics.tenancy.models import Clinic
from tests.realtime.conftest import Socket, member, push, record

__all__ = ["member"]
off_loop = sync_to_async
SOCKETS, EVENTS = 3, 12


@pytest.mark.asyncio
async def test_events_of_each_go_to_its_own(
    new_clinic: Callable[..., Clinic], member: Callable[..., Any]
) -> None:
    two = [await off_loop(new_clinic)(), await off_loop(new_clinic)()]
    tokens = [(await off_loop(member)(clinic))[1] for clinic in two]
    opened = [[Socket(token=token) for _ in range(SOCKETS)] for token in tokens]
    await asyncio.gather(*(one.open() for side in opened for one in side))
    for turn in range(EVENTS):
        for clinic in two:
            await off_loop(record)(clinic, f"{clinic.schema_name} {turn}")
        if turn % 3 == 2:
            await off_loop(push)()
    for clinic, side in zip(two, opened, strict=True):
        wanted = [f"{clinic.schema_name} {turn}" for turn in range(EVENTS)]
        for one in side:
            assert await one.hear_names(EVENTS) == wanted
    quiet = await asyncio.gather(*(one.hears_nothing() for side in opened for one in side))
    assert quiet == [True] * (2 * SOCKETS)
    await asyncio.gather(*(one.close() for side in opened for one in side))
