"""One web process that serves every clinic, and the memory of its PostgreSQL backends meanwhile.

A backend remembers the catalogue of each table that it has touched, so what it holds grows with
the clinics it has served, until the pool replaces it.
"""

from __future__ import annotations

import os
import time
from typing import Any

import psutil

from benchmarks.scale_watch import Server, tree_mb

PAGES = ("appointments", "patients", "professionals", "treatments")
EVERY = 25
# Enough for a slope, where no connection is replaced.
UNLIMITED = (10, 110)


def visit_all(server: Server, clinics: int) -> dict[str, Any]:
    """Ask for four lists in each clinic by REST; the memory every so many clinics."""
    tokens = _tokens(clinics)
    first, last = (min(place, clinics) for place in UNLIMITED)
    slope = _visit(server, tokens[:last], {first, last}, DATABASE_CLINICS_PER_CONNECTION="1000000")
    growth = slope[-1]["backends_mb"] - slope[0]["backends_mb"]
    marks = {first, *range(EVERY, clinics + 1, EVERY), clinics}
    return {
        "pages": len(PAGES),
        "backend_kb_a_clinic": round(1e3 * growth / max(last - first, 1), 1),
        "marks": _visit(server, tokens, marks),
    }


def _visit(
    server: Server, tokens: list[str], marks: set[int], **settings: str
) -> list[dict[str, float]]:
    import httpx

    from benchmarks.ground import served

    before = server.client_backends()
    seen: list[dict[str, float]] = []
    os.environ |= settings
    try:
        with served() as url, httpx.Client(base_url=url, timeout=30) as browser:
            web = next(
                child.pid
                for child in psutil.Process().children()
                if "uvicorn" in " ".join(child.cmdline())
            )
            began = time.perf_counter()
            for number, token in enumerate(tokens, 1):
                for page in PAGES:
                    answer = browser.get(
                        f"/api/v1/{page}/", headers={"Authorization": f"Bearer {token}"}
                    )
                    answer.raise_for_status()
                if number in marks:
                    backends = server.client_backends() - before
                    seen.append(
                        {
                            "clinics": number,
                            "second": round(time.perf_counter() - began, 1),
                            "process_mb": round(tree_mb(web), 1),
                            "backends": len(backends),
                            "backends_mb": round(server.own_mb(backends), 1),
                        }
                    )
    finally:
        for name in settings:
            os.environ.pop(name)
    return seen


def _tokens(number: int) -> list[str]:
    from clinics.tenancy.creation import add_member
    from clinics.tenancy.models import Clinic, MembershipStatus, Role, User
    from clinics.tenancy.tokens import issue

    user = User.objects.create_user("todas@bench.test", None, first_name="T", last_name="B")
    return [
        issue(add_member(clinic, user, Role.CEO, status=MembershipStatus.ACTIVE)).access
        for clinic in Clinic.objects.order_by("schema_name")[:number]
    ]
