from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinics.models import AuditEntry, Professional
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.admin.conftest import Enter, again
from tests.fixtures.api import membership

pytestmark = pytest.mark.django_db
PAGE = "/admin/clinics/professional/"


def filled(row: Professional, **more: Any) -> dict[str, Any]:
    """What the form sends for a row, with Mondays from nine to one."""
    return {
        "first_name": "Ana",
        "last_name": "Paz",
        "is_active": "on",
        "version": row.version,
        "user_id": str(row.user_id or ""),
        "working_hours-0-start": ["09:00"],
        "working_hours-0-end": ["13:00"],
        **more,
    }


def change(row: Professional) -> str:
    return f"{PAGE}{row.pk}/change/"


def test_hours_are_saved_by_the_service(enter: Enter, alfa: Clinic, ours: Professional) -> None:
    given = filled(ours) | {
        "working_hours-1-start": ["16:00", "08:30", ""],
        "working_hours-1-end": ["00:00", "12:00", ""],
    }
    client = enter()
    page = client.get(change(ours)).content.decode()
    assert 'type="time" name="working_hours-0-start" value="09:00"' in page
    answer = client.post(change(ours), given)
    assert answer.status_code == 302, answer.content
    row = again(ours, alfa)
    assert row.working_hours == {
        "0": [{"start": "09:00", "end": "13:00"}],
        "1": [{"start": "08:30", "end": "12:00"}, {"start": "16:00", "end": "24:00"}],
    }
    assert (row.version, row.name_key) == (2, "ana paz")
    with clinic_scope(alfa):
        entry = AuditEntry.objects.get(table_name="professionals", row_id=row.pk, action="update")
    assert entry.actor == f"staff:{membership(alfa, 'ceo').user_id}"
    assert LogEntry.objects.get().object_repr == str(row.pk)


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (["09:00"], [""], "Lunes, turno 1: Debe ser una hora HH:MM entre 00:00 y 24:00."),
        (["13:00"], ["09:00"], "Lunes, turno 1: Debe ser posterior al comienzo."),
        (["09:00", "10:00"], ["11:00", "12:00"], "Lunes, turno 2: Se superpone"),
        (["25:00"], ["26:00"], "Lunes, turno 1: Debe ser una hora HH:MM entre 00:00 y 23:59."),
        (["<b>"], ["'"], "Lunes, turno 1: Debe ser una hora"),
        (["09:00"] * 13, ["10:00"] * 13, "Son demasiados turnos de atención en un día."),
    ],
)
def test_wrong_hours_are_said_by_day(
    enter: Enter, alfa: Clinic, ours: Professional, starts: list[str], ends: list[str], said: str
) -> None:
    given = filled(ours) | {"working_hours-0-start": starts, "working_hours-0-end": ends}
    answer = enter().post(change(ours), given)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert "<b>" not in answer.content.decode().split("data-hours", 1)[1].split("</form>")[0]
    row = again(ours, alfa)
    assert (row.working_hours, row.version) == (ours.working_hours, 1)
    assert not LogEntry.objects.exists()


def test_what_somebody_else_changed_meanwhile_stays(
    enter: Enter, alfa: Clinic, ours: Professional
) -> None:
    for version in ("7", "", "x"):
        answer = enter().post(change(ours), filled(ours, version=version))
        assert answer.status_code == 200
        assert again(ours, alfa).first_name == ours.first_name
    assert (
        "Otra persona lo cambió"
        in enter().post(change(ours), filled(ours, version=7)).content.decode()
    )
    assert not LogEntry.objects.exists()


def test_a_professional_is_added(enter: Enter, alfa: Clinic, ours: Professional) -> None:
    client = enter()
    assert client.get(f"{PAGE}add/").status_code == 200
    taken = client.post(f"{PAGE}add/", filled(ours, version=""))
    assert "Esa persona ya tiene su ficha de profesional." in taken.content.decode()
    unknown = client.post(f"{PAGE}add/", filled(ours, user_id=str(ours.pk)))
    assert unknown.status_code == 200
    with clinic_scope(alfa):
        assert list(Professional.objects.all()) == [ours]
    added = client.post(f"{PAGE}add/", filled(ours, user_id=""))
    assert added.status_code == 302, added.content
    with clinic_scope(alfa):
        assert Professional.objects.exclude(pk=ours.pk).get().working_hours["0"]


def test_another_clinics_do_not_exist(
    enter: Enter, beta: Clinic, ours: Professional, theirs: Professional
) -> None:
    client = enter()
    assert client.get(change(theirs)).status_code == 404
    assert client.post(change(theirs), filled(theirs)).status_code == 404
    assert again(theirs, beta).version == 1
    assert "Paz" not in client.get(PAGE).content.decode()
    assert client.get(PAGE).content.decode().count("/change/") == 1


def test_nobody_deletes_and_only_the_ceo_comes_in(enter: Enter, ours: Professional) -> None:
    assert enter().post(f"{PAGE}{ours.pk}/delete/", {"post": "yes"}).status_code == 403
    for role in ("secretary", "professional"):
        assert enter(role).get(change(ours), follow=True).status_code == 403
        assert enter(role).post(change(ours), filled(ours), follow=True).status_code == 403


def test_the_list_asks_no_more_for_more_rows(
    enter: Enter, alfa: Clinic, ours: Professional
) -> None:
    client = enter()
    client.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert client.get(PAGE).status_code == 200
    with clinic_scope(alfa):
        Professional.objects.bulk_create(
            Professional(first_name=f"P{n}", last_name="X", name_key=f"p{n} x") for n in range(60)
        )
    with CaptureQueriesContext(connection) as many:
        assert "P59" in client.get(PAGE).content.decode()
    assert len(many) == len(few)
