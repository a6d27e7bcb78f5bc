"""The admin as a browser sees it, in two clinics."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from clinics.models import Professional
from clinics.tenancy.models import Clinic, User
from dentalogic.core.tenancy import clinic_scope
from tests.fixtures.api import credentials, own_row

Enter = Callable[..., Browser]


@pytest.fixture
def enter(nothing_counted: None, alfa: Clinic) -> Enter:
    """Log in through the page: `enter()` is the CEO of alfa."""

    def build(role: str = "ceo", schema: str = "alfa") -> Browser:
        client = Browser()
        answer = client.post("/login/", credentials(role, schema))
        assert answer.status_code == 302, answer.content
        return client

    return build


@pytest.fixture
def operator(db: None) -> Browser:
    user = User.objects.create_superuser("op@platform.test", first_name="O", last_name="P")
    client = Browser()
    client.force_login(user)
    return client


@pytest.fixture
def theirs(beta: Clinic) -> Professional:
    """A professional of the other clinic."""
    return own_row(beta, working_hours={})


@pytest.fixture
def ours(alfa: Clinic) -> Professional:
    return own_row(alfa, working_hours={"0": [{"start": "09:00", "end": "13:00"}]})


def again(row: Professional, clinic: Clinic) -> Professional:
    with clinic_scope(clinic):
        return Professional.objects.get(pk=row.pk)
