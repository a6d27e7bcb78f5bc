"""Debian's servers for tests: found where they are, and missed in one clear line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import debian


@pytest.fixture(autouse=True)
def ask_again() -> Iterator[None]:
    debian.find.cache_clear()
    yield
    debian.find.cache_clear()


@pytest.mark.parametrize("name", debian.PACKAGES)
def test_every_program_starts(name: str) -> None:
    found = debian.find(name)
    for program in debian.PACKAGES[name].programs:
        subprocess.run(
            [found.program(program), "--version"],
            env={**os.environ, **found.environment},
            check=True,
            capture_output=True,
        )


def test_a_missing_package_is_one_line_that_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nothing = debian.Package("pgbouncer", "usr/nowhere", ("pgbouncer",), "1")
    monkeypatch.setitem(debian.PACKAGES, "pgbouncer", nothing)
    with pytest.raises(debian.NotFound, match="make setup-dev") as refused:
        debian.find("pgbouncer")
    assert "\n" not in str(refused.value)


def test_another_release_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "debian-pgbouncer" / "opt" / "pgbouncer"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho PgBouncer 1.7\n")
    program.chmod(0o755)
    monkeypatch.setenv("DENTALOGIC_TOOLS", str(tmp_path))
    release = debian.PACKAGES["pgbouncer"].release
    for pinned, fits in ((release, False), (r"1\.7", True)):
        debian.find.cache_clear()
        package = debian.Package("pgbouncer", "opt", ("pgbouncer",), pinned)
        monkeypatch.setitem(debian.PACKAGES, "pgbouncer", package)
        if fits:
            assert debian.find("pgbouncer").bin == program.parent
        else:
            with pytest.raises(debian.NotFound):
                debian.find("pgbouncer")
