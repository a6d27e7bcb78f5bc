"""Released patches: listed with their checksums, and never changed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dentalogic.core.patches.describing import OURS

MANIFEST = "released.txt"


def patch_files(folder: Path) -> list[str]:
    """Return the patches below the folder by their relative names, in order."""
    return sorted(
        path.relative_to(folder).as_posix() for app in OURS for path in (folder / app).glob("*.sql")
    )


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_manifest(folder: Path) -> dict[str, str]:
    """Return the checksums of the released patches by name; none before the first release."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    pairs = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in pairs}


def release_faults(folder: Path) -> Iterator[str]:
    """Say which released patches are not what was released, and which came too late."""
    released = read_manifest(folder)
    present = patch_files(folder)
    for name, digest in released.items():
        if name not in present:
            yield f"{name} was released and is gone: bring it back under this name"
        elif checksum(folder / name) != digest:
            yield f"{name} was released and is changed: undo that, write a new patch instead"
    for name in present:
        app, _, file = name.partition("/")
        later = [
            one for one in released if one.startswith(f"{app}/") and number(one) >= number(name)
        ]
        if name not in released and later:
            yield f"{name} is new but {max(later)} was released: give it a number after that"
        twins = [one for one in present if one.startswith(f"{app}/{file[:4]}_")]
        if twins[0] == name and len(twins) > 1:
            yield f"{' and '.join(twins)} have one number: give one of them the next"


def number(name: str) -> str:
    return name.partition("/")[2][:4]


def release(folder: Path) -> list[str]:
    """List the patches that were not released yet; return them. The caller looked for faults."""
    released = read_manifest(folder)
    new = [name for name in patch_files(folder) if name not in released]
    lines = [f"{checksum(folder / name)}  {name}" for name in patch_files(folder)]
    (folder / MANIFEST).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return new
