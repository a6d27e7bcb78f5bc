"""Ask the advisory services about the pinned dependencies.

A known vulnerability fails. A service that can't be reached doesn't: that is said loudly, since
a build must not hang on somebody else's server.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from scripts.tools import CHECKOUT, trust_the_machine

FILES = ("requirements.txt", "requirements-dev.txt", "requirements-tools.txt")
SERVICES = ("pypi", "osv")
PATIENCE = 120


def ask(service: str) -> tuple[list[dict[str, Any]], str]:
    """Return what the service says of each dependency, or no rows and the reason why."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    command += ["--progress-spinner", "off", "--format", "json", "--vulnerability-service", service]
    command += [word for name in FILES for word in ("-r", str(CHECKOUT / name))]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        return json.loads(done.stdout)["dependencies"], ""
    except subprocess.TimeoutExpired:
        return [], f"no answer within {PATIENCE} s"
    except (ValueError, KeyError):
        return [], (done.stderr.strip().splitlines() or ["no output"])[-1]


def main() -> int:
    trust_the_machine()
    asked: set[str] = set()
    everything: set[str] = set()
    vulnerable: dict[str, list[str]] = {}
    reasons = []
    for service in SERVICES:
        rows, reason = ask(service)
        if reason:
            reasons.append(f"{service}: {reason}")
        everything |= {row["name"] for row in rows}
        for row in rows:
            if "skip_reason" in row:
                continue
            asked.add(row["name"])
            if row["vulns"]:
                found = [vulnerability["id"] for vulnerability in row["vulns"]]
                vulnerable[f"{row['name']} {row['version']}"] = found
        if everything and asked == everything:
            break
    for name, advisories in sorted(vulnerable.items()):
        sys.stdout.write(f"{name}: {', '.join(advisories)}\n")
    if not everything or asked != everything:
        left = len(everything - asked) or "all"
        sys.stdout.write(
            f"!!! NOT AUDITED: {left} dependencies; the advisory services don't answer here. "
            f"Run `make check` where they do. {'; '.join(reasons)}\n"
        )
    else:
        sys.stdout.write(f"{len(asked)} dependencies audited\n")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
