"""Servers that tests talk to, from Debian's own packages, unpacked without root.

The machine's copy is used where there is one. Otherwise apt (which checks Debian's signatures)
downloads the package and the libraries it lacks here, and dpkg-deb unpacks them into
`DENTALOGIC_HOME/tools/debian-<name>`: nothing of the system is changed.

    from scripts import debian
    server = debian.find("postgresql-15")
    subprocess.run([server.bin / "initdb", ...], env={**os.environ, **server.environment})
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts import tools
from scripts.tools import CHECKOUT, SetupFailed, run, say


@dataclass(frozen=True, slots=True)
class Package:
    """What is taken from a package: the folder of its programs, and the version that is pinned."""

    name: str
    folder: str
    programs: tuple[str, ...]
    # Debian keeps one build of a release in its archive, so that the release is what can be pinned.
    release: str

    @property
    def wanted(self) -> tuple[str, ...]:
        """Return the packages to unpack; of what they depend on, the libraries follow."""
        major = self.name.partition("-")[2]
        return (self.name, f"postgresql-client-{major}") if major else (self.name,)


PACKAGES = {
    "pgbouncer": Package("pgbouncer", "usr/sbin", ("pgbouncer",), r"1\.(18|19|[2-9]\d)\b"),
    "postgresql-15": Package(
        "postgresql-15",
        "usr/lib/postgresql/15/bin",
        ("postgres", "initdb", "pg_ctl", "psql", "pg_dump"),
        r"\b15\.\d+",
    ),
}
# Just-in-time compilation is switched off wherever these servers run; its library has 100 MB.
NOT_NEEDED = ("libllvm", "libz3")


class NotFound(RuntimeError):
    """A package is neither installed nor unpacked: `make setup-dev` gets it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Programs that start: their folder, and the environment that they need for it."""

    bin: Path
    environment: dict[str, str]

    def program(self, name: str) -> Path:
        return self.bin / name


@cache
def find(name: str) -> Found:
    """Return a package's programs; raise NotFound with the one line that says what to do."""
    package = PACKAGES[name]
    for root in (Path("/"), *_unpacked(name)):
        found = _at(root, package)
        if found is not None:
            return found
    raise NotFound(
        f"Debian's {name} is neither installed nor unpacked: run `make setup-dev`, "
        f"or `apt-get install --no-install-recommends {name}`"
    )


def _unpacked(name: str) -> Iterable[Path]:
    """Return where a set-up may have unpacked it: tests have a DENTALOGIC_HOME of their own."""
    named = os.environ.get("DENTALOGIC_TOOLS", "").strip()
    folders = [Path(named)] if named else []
    folders += [tools.home() / "tools", CHECKOUT / ".dentalogic" / "tools"]
    return (folder.absolute() / f"debian-{name}" for folder in folders)


def _at(root: Path, package: Package) -> Found | None:
    folder = root / package.folder
    environment = {} if root == Path("/") else {"LD_LIBRARY_PATH": _libraries(root)}
    for program in package.programs:
        said = _version(folder / program, environment)
        if program == package.programs[0] and not re.search(package.release, said):
            return None
        if not said:
            return None
    return Found(folder, environment)


def _version(program: Path, environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            [program, "--version"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _libraries(root: Path) -> str:
    folders = sorted({path.parent for path in root.glob("usr/lib/*-linux-gnu*/lib*.so*")})
    folders += sorted({path.parent for path in root.glob("lib/*-linux-gnu*/lib*.so*")})
    before = os.environ.get("LD_LIBRARY_PATH", "")
    return ":".join([*map(str, folders), *([before] if before else [])])


def unpack(name: str) -> Found:
    """Return a package's programs, after unpacking them where they are missing."""
    try:
        return find(name)
    except NotFound:
        find.cache_clear()
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise SetupFailed(f"{name} is one of Debian's packages, and there is no {program} here")
    say(f"Unpacking Debian's {name}")
    target = tools.folder(f"debian-{name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "archives").mkdir(parents=True)
    _download(PACKAGES[name], draft / "archives")
    for archive in sorted((draft / "archives").glob("*.deb")):
        run(["dpkg-deb", "-x", str(archive), str(draft)])
    shutil.rmtree(draft / "archives")
    shutil.rmtree(target, ignore_errors=True)
    draft.replace(target)
    try:
        return find(name)
    except NotFound:
        find.cache_clear()
        raise SetupFailed(f"{name} was unpacked into {target}, but does not start") from None


def _download(package: Package, into: Path) -> None:
    """Fetch the packages with the machine's lists; with fresh ones of our own where these fail."""
    try:
        _fetch(package, into, [])
    except SetupFailed:
        _fetch(package, into, _own_lists())


def _fetch(package: Package, into: Path, options: Sequence[str]) -> None:
    asked = ["apt-get", "-qq", *options, "-o", "Debug::NoLocking=1"]
    plan = run([*asked, "install", "-s", "--no-install-recommends", *package.wanted])
    names = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\(", plan, re.MULTILINE)
    libraries = [one for one in names if one.startswith("lib") and not _left_out(one)]
    # `_apt`, whom apt downloads as, may not write here; root downloads as itself then.
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    run([*asked, *sandbox, "download", *package.wanted, *libraries], cwd=into)


def _left_out(library: str) -> bool:
    return library.startswith(NOT_NEEDED) or library.endswith(("-perl", "-dev"))


def _own_lists() -> list[str]:
    """Fetch the package lists into a folder of our own, as a user may who is not root."""
    state = tools.folder("debian-lists")
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    options = [
        *("-o", f"Dir::State::lists={state / 'lists'}"),
        *("-o", f"Dir::Cache={state / 'cache'}"),
    ]
    sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    run(["apt-get", "-qq", *options, *sandbox, "update"])
    return options


def main(names: Sequence[str]) -> int:
    """Unpack the named packages, or all; say for each which programs are used."""
    for name in names or PACKAGES:
        try:
            found = unpack(name)
        except (SetupFailed, OSError) as failure:
            sys.stderr.write(f"dentalogic: {failure}\n")
            return 1
        say(f"{name}: {found.bin}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
