"""What changes schemas or takes messages in, through PgBouncer in transaction mode."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinics.models import Patient
from clinics.tenancy.models import Clinic, Line
from dentalogic.core import relay
from dentalogic.core.evolution.foundation import FILE, SCRATCH_SCHEMAS, folder
from dentalogic.core.tenancy import clinic_scope, no_scope
from tests.walls.pgbouncer import Bouncer, bouncer, through
from tests.whatsapp.conftest import PATH, SECRET, change, headers, items, text_message, webhook
from whatsapp.ingress import close_ingress, meta_webhook
from whatsapp.models import Message

MESSAGES = 30


@pytest.fixture(scope="module")
def pooled(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bouncer]:
    with bouncer(tmp_path_factory.mktemp("pgbouncer"), "transaction", servers=3) as started:
        yield started


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(SCRATCH_SCHEMAS)]
        )
        return {name for (name,) in cursor.fetchall()}


def test_the_foundation_is_not_made_through_it(committing: None, pooled: Bouncer) -> None:
    written = (folder() / FILE).read_bytes()
    with through(pooled, "transaction"):
        for words in ([], ["--check"]):
            with pytest.raises(CommandError, match="DATABASE_POOLER") as refused:
                call_command("makefoundation", *words)
            assert refused.value.returncode == 2
    assert schemas() == set()
    assert (folder() / FILE).read_bytes() == written


def test_clinics_are_made_and_evolved_through_it(
    new_clinic: Callable[..., Clinic], pooled: Bouncer
) -> None:
    """Their locks are a transaction's, and so is all they set."""
    with through(pooled, "transaction"):
        made = new_clinic()
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM public.clinic_schemas WHERE schema_name = %s", [made.schema_name]
            )
            cursor.execute(
                "DELETE FROM public.clinic_patches WHERE schema_name = %s", [made.schema_name]
            )
        with pytest.raises(SystemExit):
            call_command("evolve", "--check", "--clinic", made.schema_name)
        call_command("evolve", "--clinic", made.schema_name)
        call_command("evolve", "--check", "--clinic", made.schema_name)
        with clinic_scope(made):
            assert Patient.objects.count() == 0
    with pooled.connect() as raw:
        for _ in range(12):
            left = raw.execute("SELECT current_setting('search_path'), current_schema()").fetchone()
            assert left is not None
            assert made.schema_name not in left[0]
            assert left[1] == "public"
            assert raw.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_messages_of_two_lines_land_in_their_own_clinics(
    new_clinic: Callable[..., Clinic], pooled: Bouncer, settings: Any
) -> None:
    """From the webhook over the inbox to the conversation, both clinics at once."""
    settings.WHATSAPP_APP_SECRETS = [SECRET]
    two = [new_clinic(), new_clinic()]
    with no_scope():
        numbers = [Line.objects.get(clinic=clinic).external_id for clinic in two]

    async def talk() -> list[int]:
        transport = httpx.ASGITransport(app=meta_webhook)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
                bodies = [
                    webhook(
                        *(
                            change(number, text_message(f"{clinic.schema_name} {turn}"))
                            for clinic, number in zip(two, numbers, strict=True)
                        )
                    )
                    for turn in range(MESSAGES)
                ]
                sent = (client.post(PATH, content=raw, headers=headers(raw)) for raw in bodies)
                return [answer.status_code for answer in await asyncio.gather(*sent)]
        finally:
            await close_ingress()

    with through(pooled, "transaction"):
        assert asyncio.run(talk()) == [200] * MESSAGES
        relay.drain(sinks=("ingest",))
    for clinic in two:
        wanted = {f"{clinic.schema_name} {turn}" for turn in range(MESSAGES)}
        assert {item.body["message"]["text"]["body"] for item in items(clinic)} == wanted
        with clinic_scope(clinic):
            assert set(Message.objects.values_list("text", flat=True)) == wanted
