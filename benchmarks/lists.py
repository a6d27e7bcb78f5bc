"""p95 of every list, search and detail of the API in a clinic of years, with warm caches.

Every GET of the URL configuration is asked, as the CEO and as a professional who sees their own;
lists and searches with all their kinds of filters besides. Whole requests through Django: token,
membership, scope, query, JSON. `LISTS_KEEP=1` prints the slowest statements too.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from benchmarks.figures import figure
from benchmarks.ground import fresh_servers
from benchmarks.lists_ground import fill_years

WARM_UP, ROUNDS, GOAL_MS = 5, 40, 60
PASSWORD = "una-clave-larga-9"  # noqa: S105  # of a clinic that lives for minutes
# Not lists, searches or details: documents of a whole history, and a calculation.
APART = ("/pdf/", "/export/")


def run() -> list[dict[str, Any]]:
    """Measure, and return the row of `results.json`."""
    with fresh_servers():
        return _measure()


def _measure() -> list[dict[str, Any]]:
    from clinics.tenancy.creation import add_member, create_clinic
    from clinics.tenancy.models import MembershipStatus, Role, User

    clinic = create_clinic(name="Años", schema="anios", settings={"holidays": False})
    people = {}
    for role in (Role.CEO, Role.PROFESSIONAL):
        user = User.objects.create_user(f"{role}@anios.test", PASSWORD, first_name=role.label)
        people[role] = add_member(clinic, user, role, status=MembershipStatus.ACTIVE)
    began = time.monotonic()
    fill_years(clinic, user_id=people[Role.PROFESSIONAL].user_id)
    print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
    known = _Known(clinic)
    slowest = 0.0
    print(f"{'p95 ms':>8} {'median':>8} {'queries':>8}")
    for role, member in people.items():
        client = _client(member)
        for name, build in sorted(_questions(known).items()):
            p95, median, queries = _time(client, build)
            if p95 is None:
                continue
            slowest = max(slowest, p95)
            mark = " SLOW" if p95 > GOAL_MS else ""
            print(f"{p95:8.1f} {median:8.1f} {queries:8} {role:13} {name}{mark}", flush=True)
    against = (
        "the slowest of every list, search and detail: 100,000 patients, 1,000,000 appointments"
    )
    return [figure("list_p95_ms", slowest, "ms", against, GOAL_MS)]


def _client(member: Any) -> Any:
    from rest_framework.test import APIClient

    from clinics.tenancy import tokens

    client = APIClient(SERVER_NAME="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(member).access}")
    return client


def _time(client: Any, build: Callable[[], str]) -> tuple[Any, float, int]:
    """Return p95 and median in ms, and the number of statements; None where it is not allowed."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = build()
    first = client.get(url)
    # Not theirs, nothing there, or a question that needs more than an address.
    if first.status_code in {400, 403, 404, 410}:
        return None, 0, 0
    assert first.status_code == 200, (url, first.content[:300])
    for _ in range(WARM_UP):
        client.get(build())
    took, urls = [], []
    for _ in range(ROUNDS):
        urls.append(build())
        began = time.perf_counter()
        client.get(urls[-1])
        took.append((time.perf_counter() - began) * 1e3)
    with CaptureQueriesContext(connection) as seen:
        client.get(url)
    p95 = statistics.quantiles(took, n=20)[-1]
    if p95 > GOAL_MS and os.environ.get("LISTS_KEEP"):
        worst = urls[took.index(max(took))]
        with CaptureQueriesContext(connection) as seen:
            client.get(worst)
        slow = max(seen.captured_queries, key=lambda one: float(one["time"]))
        print(f"  {worst}\n  {slow['time']} s: {slow['sql'][:1500]}")
    return p95, statistics.median(took), len(seen)


class _Known:
    """Ids and words of the clinic, drawn by chance."""

    def __init__(self, clinic: Any) -> None:
        from clinics.models import AccountingTransaction as Transaction
        from clinics.models import Appointment, Chair, Insurer, Patient, Professional, Treatment
        from clinics.tenancy.models import Membership
        from dentalogic.core.tenancy import clinic_scope

        def some(rows: Any, count: int = 500) -> list[Any]:
            return list(rows.order_by("id")[:count])

        self.chance = random.Random(7)
        with clinic_scope(clinic):
            self.patients = some(Patient.objects.filter(id__gt="8" + "0" * 31))
            self.appointments = some(Appointment.objects.filter(id__gt="8" + "0" * 31))
            self.professionals = some(Professional.objects.all())
            self.rows: dict[str, list[Any]] = {
                "patients": self.patients,
                "appointments": self.appointments,
                "professionals": self.professionals,
                "treatments": some(Treatment.objects.all()),
                "insurers": some(Insurer.objects.all()),
                "chairs": some(Chair.objects.all()),
                "transactions": some(Transaction.objects.all()),
                "staff": some(Membership.objects.filter(clinic=clinic)),
            }

    def one(self, kind: str) -> Any:
        return self.chance.choice(self.rows[kind])

    def moment(self) -> str:
        days = self.chance.randint(-2300, 60)
        return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


def _questions(known: _Known) -> dict[str, Callable[[], str]]:
    """Return what is asked: name -> something that builds an address, another each time."""
    found: dict[str, Callable[[], str]] = {}
    for path in _paths():
        if "<" not in path:
            found[path] = partial(str, path)
        else:
            kind = path.split("/")[3]
            if path.count("<") == 1 and (kind in known.rows or kind == "cash-flow"):
                found[path] = partial(_fill, path, kind, known)
    del found["/api/v1/availability/"]
    for name, build in _searches(known).items():
        path, _, _ = name.partition(" ")
        found[name] = partial(_searched, path, build)
    return found


def _searched(path: str, build: Callable[[], dict[str, Any]]) -> str:
    return f"/api/v1/{path}/?{urlencode(build(), doseq=True)}"


def _paths() -> list[str]:
    from django.urls import URLPattern, get_resolver

    def walk(patterns: Any, prefix: str) -> Any:
        for entry in patterns:
            path = prefix + str(entry.pattern)
            if isinstance(entry, URLPattern):
                yield path, getattr(entry.callback, "cls", None)
            else:
                yield from walk(entry.url_patterns, path)

    return [
        path
        for path, view in walk(get_resolver().url_patterns, "/")
        if path.startswith("/api/v1/") and hasattr(view, "get") and not path.endswith(APART)
    ]


def _fill(path: str, kind: str, known: _Known) -> str:
    before, _, after = path.partition("<")
    _, _, after = after.partition(">")
    if kind == "cash-flow":
        return f"{before}{known.moment()[:10]}{after}"
    return f"{before}{known.one(kind).pk}{after}"


def _searches(known: _Known) -> dict[str, Callable[[], dict[str, Any]]]:
    word = known.chance.choice

    def patient() -> Any:
        return known.one("patients")

    return {
        "patients first letters": lambda: {"q": patient().last_name[:3]},
        "patients common name": lambda: {
            "q": word(["gonzalez", "Rodríguez", "ana", "jose", "gomez"])
        },
        "patients two words": lambda: {"q": f"{patient().first_name} {patient().last_name}"},
        "patients any part": lambda: {"q": patient().last_name[1:5]},
        "patients one letter": lambda: {"q": word("abcdefghijlmnoprstv")},
        "patients nobody": lambda: {"q": word(["zzyzx", "qwertz", "xochitl w"])},
        "patients dni": lambda: {"q": patient().dni},
        "patients part of dni": lambda: {"q": patient().dni[:4]},
        "patients phone": lambda: {"q": patient().phone},
        "patients phone as said": lambda: {"q": "011 15 " + patient().phone[-8:]},
        "patients end of phone": lambda: {"q": patient().phone[-4:]},
        "patients part of phone": lambda: {"q": patient().phone[-7:]},
        "patients guests": lambda: {"status": "guest"},
        "patients with merged": lambda: {"merged": "true", "q": patient().last_name},
        "patients 200": lambda: {"limit": 200},
        "appointments from": lambda: {"from": known.moment()},
        "appointments to": lambda: {"to": known.moment()},
        "appointments a day": lambda: _window(known.moment(), 1),
        "appointments a week of one": lambda: (
            _window(known.moment(), 7) | {"professional": known.one("professionals").pk}
        ),
        "appointments of patient": lambda: {"patient": patient().pk},
        "appointments of professional": lambda: {"professional": known.one("professionals").pk},
        "appointments rare status": lambda: {"status": "in_chair"},
        "appointments two statuses": lambda: {"status": ["pending_confirmation", "arrived"]},
        "appointments no-shows": lambda: {"status": "no_show"},
        "appointments professional and status": lambda: {
            "professional": known.one("professionals").pk,
            "status": "pending_confirmation",
        },
        "appointments from now and status": lambda: {
            "from": datetime.now(UTC).isoformat(),
            "status": "confirmed",
        },
        "appointments patient and status": lambda: {"patient": patient().pk, "status": "no_show"},
        "appointments 200": lambda: {"from": known.moment(), "limit": 200},
        "availability 1 day": lambda: {
            "treatment": known.one("treatments").pk,
            **_window((datetime.now(UTC) + timedelta(days=2)).isoformat(), 1),
        },
        "room a day": lambda: {"day": known.moment()[:10]},
        "transactions of patient": lambda: {"patient": patient().pk},
        "transactions a day": lambda: {"day": known.moment()[:10]},
        "transactions from": lambda: {"from": known.moment()[:10]},
        "transactions of a method": lambda: {"method": word(["cash", "insurer"])},
        "transactions refunds": lambda: {"kind": "refund"},
        "cash-flow from": lambda: {"from": known.moment()[:10]},
        "audit object": lambda: {"object": f"appointments:{known.one('appointments').pk}"},
        "audit from": lambda: {"from": known.moment()},
        "audit to": lambda: {"to": known.moment()},
        "audit actor": lambda: {"actor": "system"},
        "events since": lambda: {"since": known.chance.randint(90_000, 99_900)},
    }


def _window(start: str, days: int) -> dict[str, str]:
    end = datetime.fromisoformat(start) + timedelta(days=days)
    return {"from": start, "to": end.isoformat()}
