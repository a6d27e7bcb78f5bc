from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from clinics.models import AuditEntry, Closure, Insurer, Treatment
from clinics.services import absences
from clinics.tenancy.models import Clinic
from dentalogic.core.tenancy import clinic_scope
from tests.admin.conftest import Enter
from tests.fixtures.api import membership

pytestmark = pytest.mark.django_db
URL = "/admin/clinics"


def sent(**more: Any) -> dict[str, Any]:
    return {"code": "nuevo", "name": "Nuevo", "minutes": "30", "is_active": "on", **more}


def test_a_treatment_is_added_and_changed(enter: Enter, alfa: Clinic) -> None:
    client = enter()
    assert client.post(f"{URL}/treatment/add/", sent(price="1500.50")).status_code == 302
    with clinic_scope(alfa):
        row = Treatment.objects.get(code="nuevo")
    assert (row.name_key, str(row.price)) == ("nuevo", "1500.50")
    page = f"{URL}/treatment/{row.pk}/change/"
    assert client.get(page).status_code == 200
    changed = client.post(page, sent(code="otro", minutes="45", version="1"))
    assert changed.status_code == 302, changed.content
    with clinic_scope(alfa):
        row.refresh_from_db()
        assert (row.code, row.minutes, row.version) == ("nuevo", 45, 2)
        assert AuditEntry.objects.filter(row_id=row.pk, actor__startswith="staff:").count() == 2
    stale = client.post(page, sent(minutes="60", version="1"))
    assert "Otra persona lo cambió" in stale.content.decode()
    with clinic_scope(alfa):
        row.refresh_from_db()
    assert row.minutes == 45


@pytest.mark.parametrize(
    "wrong",
    [{"minutes": "4"}, {"minutes": "x"}, {"price": "-1"}, {"code": "a b"}, {"name": ""}, {}],
)
def test_a_wrong_treatment_is_refused(enter: Enter, alfa: Clinic, wrong: dict[str, str]) -> None:
    with clinic_scope(alfa):
        Treatment.objects.create(code="nuevo", name="Uno", name_key="uno", minutes=30)
        before = Treatment.objects.count()
    answer = enter().post(
        f"{URL}/treatment/add/", sent(**{"code": "libre"} | wrong if wrong else {})
    )
    assert answer.status_code == 200
    with clinic_scope(alfa):
        assert Treatment.objects.count() == before
    assert not LogEntry.objects.exists()


def test_an_insurer_with_its_other_names(enter: Enter, alfa: Clinic) -> None:
    client = enter()
    given = {"name": "Salud Sur", "synonyms": "sur\r\n\r\n salud sur \r\nsur", "is_active": "on"}
    assert client.post(f"{URL}/insurer/add/", given).status_code == 302
    with clinic_scope(alfa):
        row = Insurer.objects.get(name="Salud Sur")
    assert row.synonyms == ["sur", "salud sur"]
    again = client.post(f"{URL}/insurer/add/", given | {"name": "SALUD SÚR"})
    assert "Esa obra social ya está." in again.content.decode()
    page = f"{URL}/insurer/{row.pk}/change/"
    assert "salud sur" in client.get(page).content.decode()
    long = client.post(page, {"name": "Otra", "synonyms": "x" * 81})
    assert long.status_code == 200
    with clinic_scope(alfa):
        row.refresh_from_db()
        assert row.name == "Salud Sur"
    assert client.post(page, {"name": "Otra", "synonyms": ""}).status_code == 302
    with clinic_scope(alfa):
        row.refresh_from_db()
    assert (row.name, row.synonyms, row.is_active) == ("Otra", [], False)


def test_closures_come_and_go_through_the_service(enter: Enter, in_alfa: Clinic) -> None:
    client = enter()
    given = {"starts_on": "2026-12-24", "ends_on": "2026-12-26", "name": "Fiestas"}
    assert client.post(f"{URL}/closure/add/", given).status_code == 302
    row = Closure.objects.get(name="Fiestas")
    page = f"{URL}/closure/{row.pk}/change/"
    assert client.post(page, given | {"ends_on": "2026-12-20"}).status_code == 200
    assert client.post(page, given | {"ends_on": "2026-12-28"}).status_code == 302
    row.refresh_from_db()
    assert row.ends_on == date(2026, 12, 28)
    listed = f"{URL}/closure/"
    taken = client.post(listed, {"action": "take_back", "_selected_action": [str(row.pk)]})
    assert taken.status_code == 302
    assert not Closure.objects.filter(pk=row.pk).exists()
    assert LogEntry.objects.filter(change_message="removed").count() == 1


def test_another_clinics_rows_do_not_exist(enter: Enter, beta: Clinic) -> None:
    with clinic_scope(beta):
        treatment = Treatment.objects.create(code="b", name="B", name_key="b", minutes=30)
        insurer = Insurer.objects.create(name="B", name_key="b")
        closure = absences.add_closure(
            starts_on=date(2027, 1, 1),
            ends_on=date(2027, 1, 2),
            name="B",
            by=membership(beta, "ceo").user_id,
        )
    client = enter()
    for row in (treatment, insurer, closure):
        page = f"{URL}/{row._meta.model_name}/{row.pk}/change/"
        assert client.get(page).status_code == 404
        assert client.post(page, sent(version="1")).status_code == 404
    client.post(f"{URL}/closure/", {"action": "take_back", "_selected_action": [str(closure.pk)]})
    with clinic_scope(beta):
        assert Closure.objects.filter(pk=closure.pk).exists()
        assert Treatment.objects.get(pk=treatment.pk).version == 1


def test_the_operator_sees_no_clinics_tables(operator: Any, alfa: Clinic) -> None:
    for model in ("treatment", "insurer", "closure", "professional"):
        assert operator.get(f"{URL}/{model}/").status_code == 403
        assert operator.get(f"{URL}/{model}/{alfa.pk}/change/").status_code == 403
        assert operator.get(f"{URL}/{model}/{alfa.pk}/history/").status_code == 403
