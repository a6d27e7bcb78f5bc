from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from clinics.tenancy.models import Clinic
from dentalogic.core.clock import real_now
from dentalogic.core.models import OutboxMessage
from tests.admin.conftest import Enter

pytestmark = pytest.mark.django_db
PAGE = "/admin/core/outboxmessage/"


def stuck(clinic: Clinic, **more: Any) -> OutboxMessage:
    given: dict[str, Any] = {"attempts": 12, "last_error": "OSError", "dead_at": real_now()}
    return OutboxMessage.objects.create(
        clinic_id=clinic.pk, topic="message.queued", sink="whatsapp", **(given | more)
    )


def again(client: Any, *rows: OutboxMessage) -> str:
    given = {"action": "try_again", "_selected_action": [str(row.pk) for row in rows]}
    answer = client.post(PAGE, given, follow=True)
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def test_a_ceo_tries_their_own_again(enter: Enter, alfa: Clinic, beta: Clinic) -> None:
    own, theirs = stuck(alfa), stuck(beta)
    client = enter()
    listed = client.get(PAGE).content.decode()
    assert f"/{own.pk}/change/" in listed
    assert f"/{theirs.pk}/change/" not in listed
    assert client.get(f"{PAGE}{theirs.pk}/change/").status_code == 404
    again(client, own, theirs)
    own.refresh_from_db()
    theirs.refresh_from_db()
    assert (own.dead_at, own.attempts, own.last_error) == (None, 0, "OSError")
    assert own.due_at <= real_now()
    assert theirs.dead_at is not None
    noted = LogEntry.objects.get()
    assert (noted.object_id, noted.change_message) == (str(own.pk), "tried again")


def test_the_operator_tries_any_again(operator: Any, alfa: Clinic, beta: Clinic) -> None:
    rows = [stuck(alfa), stuck(beta, dead_at=None, due_at=real_now() + timedelta(hours=1))]
    again(operator, *rows)
    for row in rows:
        row.refresh_from_db()
        assert row.dead_at is None
        assert row.due_at <= real_now()
    assert LogEntry.objects.count() == 2


def test_what_is_at_work_or_has_a_successor_is_left_alone(enter: Enter, alfa: Clinic) -> None:
    leased = stuck(alfa, dead_at=None, leased_until=real_now() + timedelta(minutes=1))
    old = stuck(alfa, key="one")
    OutboxMessage.objects.create(
        clinic_id=alfa.pk, topic="message.queued", sink="whatsapp", key="one"
    )
    client = enter()
    assert "ya se entregó o se está entregando" in again(client, leased)
    assert "Ya espera una entrega más nueva" in again(client, old)
    leased.refresh_from_db()
    old.refresh_from_db()
    assert (leased.attempts, old.attempts) == (12, 12)
    assert old.dead_at is not None
    assert not LogEntry.objects.exists()


def test_nobody_else_tries(enter: Enter, alfa: Clinic) -> None:
    row = stuck(alfa)
    given = {"action": "try_again", "_selected_action": [str(row.pk)]}
    for role in ("secretary", "professional"):
        assert enter(role).post(PAGE, given, follow=True).status_code == 403
    row.refresh_from_db()
    assert row.dead_at is not None
