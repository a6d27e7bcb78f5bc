"""What another run holds is still owed: that run may die with it."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg import sql

from clinics.tenancy.models import Clinic
from dentalogic.core import relay
from dentalogic.core.errors import RetryLater
from dentalogic.core.tenancy import clinic_scope
from tests.whatsapp.conftest import change, items, number_of, owed, post_one, text_message, webhook
from whatsapp.inbox import ingest


def test_an_item_in_the_hands_of_a_run_that_dies_is_not_forgotten(throwaway: Clinic) -> None:
    assert post_one(webhook(change(number_of(throwaway), text_message()))).status_code == 200
    table = sql.Identifier(throwaway.schema_name, "inbox_items")
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute(sql.SQL("SELECT FROM {} FOR UPDATE").format(table))
        with clinic_scope(throwaway), pytest.raises(RetryLater):
            ingest()
        assert [one.ingested_at for one in items(throwaway)] == [None]
        assert owed(throwaway, "inbox.received") == 1
        # Killed: its lock goes, and so does what it had begun.
        other.rollback()
    relay.drain(sinks=("ingest",))
    assert all(one.ingested_at for one in items(throwaway))
    assert owed(throwaway, "inbox.received") == 0
