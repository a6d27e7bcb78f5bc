"""Programs from the machine's package manager: for tests a browser and servers, and wrk."""

from __future__ import annotations

import os
import shutil
import sys

from scripts import debian
from scripts.tools import SetupFailed, folder, run, say, works

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NONE = "none"


def browser() -> None:
    """Decide which browser the tests use and leave it in `tools/browser`, for the Makefile.

    Without one, the browser tests are left out, and this says so loudly.
    """
    given = os.environ.get("DENTALOGIC_BROWSER", "").strip()
    if given and given != NONE and not works(given, "--version"):
        raise SetupFailed(f"DENTALOGIC_BROWSER={given} is no browser that starts")
    found = given or _installed()
    if not found and _from_apt("chromium", "chromium", "fonts-liberation"):
        # Asked again: a package of this name may bring no more than an advice to get a snap.
        found = _installed()
    found = found or NONE
    note = folder("browser")
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(found + "\n")
    if found == NONE:
        _loud(
            "NO BROWSER: the tests marked needs_browser (the staff pages) are LEFT OUT.",
            "Get one with `apt-get install --no-install-recommends chromium fonts-liberation`,",
            "or name one: DENTALOGIC_BROWSER=/path/to/chromium make test",
        )


def _installed() -> str | None:
    for name in BROWSERS:
        path = shutil.which(name)
        if path is not None and works(path, "--version"):
            return path
    return None


def servers() -> None:
    """Get PgBouncer and the oldest PostgreSQL we support, or say which tests are going to fail."""
    for name in debian.PACKAGES:
        try:
            debian.unpack(name)
        except (SetupFailed, OSError) as failure:
            sys.stderr.write(f"{failure}\n")
            _loud(
                f"NO {name}: the tests that start it will FAIL.",
                f"Get it with `apt-get install --no-install-recommends {name}`.",
            )


def wrk() -> None:
    """Get the load generator, or say which figures will be missing."""
    if shutil.which("wrk") is None and _from_apt("wrk", "wrk") is None:
        _loud(
            "NO wrk: the figures of the webhook intake are LEFT OUT.",
            "Get it with `apt-get install wrk`.",
        )


def _from_apt(program: str, *packages: str) -> str | None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    say(f"Installing {' and '.join(packages)} with apt-get")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(["apt-get", "update", "-qq"], env=quiet)
        run(["apt-get", "install", "-qq", "--no-install-recommends", *packages], env=quiet)
    except SetupFailed as failure:
        sys.stderr.write(f"{failure}\n")
        return None
    return shutil.which(program)


def _loud(*lines: str) -> None:
    bar = "!" * max(map(len, lines))
    sys.stderr.write("\n".join(("", bar, *lines, bar, "", "")))
