"""What `make run` tells the person in front of the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dentalogic.embedded.home import Home, read_json


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def banner(home: Home, environ: Mapping[str, str], took: timedelta) -> str:
    """Return addresses and demo log-ins, in Spanish and English."""
    base = f"http://127.0.0.1:{environ['PORT']}"
    sandbox = f"http://127.0.0.1:{environ['SANDBOX_PORT']}"
    lines = [
        "",
        f"  Dentalogic listo / ready ({took.total_seconds():.0f} s)",
        "",
        f"  Consultorio / staff     {base}/",
        f"  Administración / admin  {base}/admin/",
        f"  API                     {base}/api/docs/",
    ]
    if environ.get("SANDBOX") == "1":
        lines += [
            f"  Teléfono / phone        {sandbox}/           (sandbox)",
            f"  Google Calendar         {sandbox}/calendar/  (sandbox)",
        ]
    lines += _logins(home)
    lines += [
        "",
        f"  Datos y registros / data and logs: {home.root}",
        "  Ctrl-C detiene todo; los datos quedan / stops everything, data stays",
        "",
    ]
    return "\n".join(lines)


def _logins(home: Home) -> list[str]:
    """Return a line per demo log-in, as the demo's loader left them in `demo.json`."""
    logins = read_json(home.root / "demo.json").get("logins", [])
    rows = [login for login in logins if isinstance(login, dict)]
    if not rows:
        return []
    width = max(len(str(row.get("email", ""))) for row in rows)
    return ["", "  Usuarios de prueba / demo log-ins", *(_login(row, width) for row in rows)]


def _login(row: Mapping[str, Any], width: int) -> str:
    where = " · ".join(str(row[key]) for key in ("role", "clinic") if row.get(key))
    return f"    {row.get('email', '')!s:{width}}  {row.get('password', '')}  {where}"
