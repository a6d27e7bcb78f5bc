"""Resolve requirements*.in into pinned, hashed requirements*.txt for every Python from 3.11 on."""

from __future__ import annotations

import sys

from scripts.tools import CHECKOUT, SetupFailed, run, say, trust_the_machine, uv

# In this order: what develops is resolved beside what runs.
NAMES = ("requirements", "requirements-dev", "requirements-tools")


def main() -> int:
    trust_the_machine()
    program = uv()
    if program is None:
        sys.stderr.write("dentalogic: `make lock` needs uv, which can't be had here\n")
        return 1
    options = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    try:
        for name in NAMES:
            say(f"{name}.in -> {name}.txt")
            files = [f"{name}.in", "--output-file", f"{name}.txt"]
            run([str(program), "pip", "compile", *options, *sys.argv[1:], *files], cwd=CHECKOUT)
        if "--upgrade" in sys.argv[1:]:
            say("The front end's versions are in package.json: npm install --package-lock-only")
    except SetupFailed as failure:
        sys.stderr.write(f"dentalogic: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
