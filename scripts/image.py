"""Make the image's stages by hand where there is no Docker engine, as the Dockerfile says.

    debootstrap --variant=minbase bookworm BASE
    python -m scripts.image BASE TO          (as root)

BASE stands for the base image, which is made by the same program. Each RUN line is run as it stands
by /bin/sh in a chroot with namespaces of its own, each COPY obeys .dockerignore. What this does not
try: BuildKit, layers, the registry, and the exact packages of the published base image.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from scripts.dockerfile import Stage, Step, context, stages
from scripts.tools import CHECKOUT

# What Docker gives to a RUN without being asked.
DOCKER_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SOURCES = """\
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
"""
# What the published slim base leaves out of every package.
SLIM = """\
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/info/*
"""
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
CERTIFICATES = Path("/usr/local/share/ca-certificates")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def inside(root: Path, command: str, *, workdir: str, env: dict[str, str]) -> None:
    """Run a line by /bin/sh in a root, with /proc, /dev and the machine's network."""
    pairs = [f"{name}={value}" for name, value in {"PATH": DOCKER_PATH, **env}.items()]
    script = (
        'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" || exit 99\n'
        'root=$0; workdir=$1; shift; exec chroot "$root" env -i "$@"'
    )
    call = ["/bin/sh", "-c", f"cd {shlex.quote(workdir)} && {command}"]
    subprocess.run(
        [*NAMESPACES, "sh", "-c", script, str(root), workdir, *pairs, *call],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def prepare(base: Path, root: Path) -> None:
    """Copy the base and make it like the published one: its sources, no lists of packages."""
    subprocess.run(["cp", "--archive", "--reflink=auto", f"{base}/.", root], check=True)
    (root / "etc/apt/sources.list").write_text(SOURCES)
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
    for place in ("doc", "man", "locale", "info"):
        shutil.rmtree(root / "usr/share" / place, ignore_errors=True)
    for place in ("var/lib/apt/lists", "var/cache/apt"):
        shutil.rmtree(root / place, ignore_errors=True)
        (root / place).mkdir()
    # Where a company's proxy looks into TLS, the machine's own authorities have to be known.
    if CERTIFICATES.is_dir():
        shutil.copytree(CERTIFICATES, root / CERTIFICATES.relative_to("/"), dirs_exist_ok=True)
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")


def copy(step: Step, root: Path, workdir: str, earlier: dict[str, Path]) -> None:
    words = step.argv
    origin = next((one.partition("=")[2] for one in words if one.startswith("--from=")), None)
    *sources, target = [one for one in words if not one.startswith("--")]
    place = root / os.path.join(workdir, target).lstrip("/")  # noqa: PTH118  # either may be absolute
    if origin is not None:
        for source in sources:
            subprocess.run(
                ["cp", "--archive", f"{earlier[origin]}/{source.strip('/')}/.", _made(place)],
                check=True,
            )
        return
    sent = context()
    for source in sources:
        name = source.rstrip("/")
        files = [one for one in sent if one == name or one.startswith(f"{name}/")]
        if not files:
            raise SystemExit(f"COPY {source}: .dockerignore leaves nothing of it")
        for one in files:
            to = place / Path(one).relative_to(name) if one != name else place / Path(one).name
            _made(to.parent)
            shutil.copy2(CHECKOUT / one, to)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def build(stage: Stage, root: Path, earlier: dict[str, Path]) -> None:
    workdir = "/"
    env: dict[str, str] = {}
    for step in stage.steps:
        began = time.monotonic()
        match step.word:
            case "RUN":
                inside(root, step.text, workdir=workdir, env=env)
            case "COPY":
                copy(step, root, workdir, earlier)
            case "WORKDIR":
                workdir = step.text
                _made(root / workdir.strip("/"))
            case "ENV":
                env |= Stage("", "", [step]).environment
            case _:
                continue
        say(f"  {time.monotonic() - began:6.1f} s  {step.word} {step.text[:80]}")


def size(root: Path) -> int:
    """Return the bytes of a root, as du counts them, in millions."""
    out = subprocess.run(["du", "-s", "-B1", root], check=True, capture_output=True, text=True)
    return int(out.stdout.split()[0]) // 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts.image", description="Make the image's stages by hand."
    )
    parser.add_argument("base", type=Path, help="a root made by debootstrap")
    parser.add_argument("to", type=Path, help="an empty folder for the stages' roots")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("chroot needs root")
    if given.to.exists():
        parser.error(f"{given.to} is there already")
    made: dict[str, Path] = {}
    for stage in stages():
        root = _made(given.to / stage.name)
        say(f"{stage.name}: FROM {stage.base}")
        prepare(given.base, root)
        base = size(root)
        build(stage, root, made)
        made[stage.name] = root
        say(f"  {size(root)} MB")
    last = stages()[-1].name
    (given.to / "image").symlink_to(last)
    say(f"image: {size(made[last])} MB, of which the base {base} MB: {made[last]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
