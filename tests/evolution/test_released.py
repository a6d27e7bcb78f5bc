"""A released patch never changes: what `migrations_sql/released.txt` says, in every direction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dentalogic.core.patches.releases import MANIFEST, read_manifest, release, release_faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three patches, of which two apps have released theirs."""
    for name in ("clinics/0001_one.sql", "clinics/0002_two.sql", "core/0001_one.sql"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"-- {name}", encoding="utf-8")
    assert len(release(tmp_path)) == 3
    return tmp_path


def edit(folder: Path) -> None:
    (folder / "clinics/0002_two.sql").write_text("-- better", encoding="utf-8")


def edit_only_white_space(folder: Path) -> None:
    path = folder / "clinics/0002_two.sql"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")


def remove(folder: Path) -> None:
    (folder / "clinics/0002_two.sql").unlink()


def renumber(folder: Path) -> None:
    (folder / "clinics/0002_two.sql").rename(folder / "clinics/0003_two.sql")


def rename(folder: Path) -> None:
    (folder / "clinics/0002_two.sql").rename(folder / "clinics/0002_zwei.sql")


def come_late(folder: Path) -> None:
    (folder / "clinics/0001_before.sql").write_text("-- late", encoding="utf-8")


def strike_from_the_list(folder: Path) -> None:
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if "clinics/0001" not in line]
    (folder / MANIFEST).write_text("\n".join(kept), encoding="utf-8")


def two_of_one_number(folder: Path) -> None:
    (folder / "clinics/0003_three.sql").write_text("-- mine", encoding="utf-8")
    (folder / "clinics/0003_trois.sql").write_text("-- theirs", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (edit, ["0002_two.sql was released and is changed"]),
        (edit_only_white_space, ["0002_two.sql was released and is changed"]),
        (remove, ["0002_two.sql was released and is gone"]),
        (renumber, ["0002_two.sql was released and is gone"]),
        (rename, ["0002_two.sql was released and is gone", "0002_zwei.sql is new but"]),
        (come_late, ["0001_before.sql is new but clinics/0002_two.sql", "have one number"]),
        (strike_from_the_list, ["0001_one.sql is new but clinics/0002_two.sql was released"]),
        (two_of_one_number, ["0003_three.sql and clinics/0003_trois.sql have one number"]),
    ],
)
def test_a_change_of_what_was_released_is_found(
    folder: Path, change: Callable[[Path], None], words: list[str]
) -> None:
    assert list(release_faults(folder)) == []
    change(folder)
    found = list(release_faults(folder))
    assert len(found) == len(words), found
    assert all(any(part in fault for fault in found) for part in words), found


def test_a_new_patch_after_the_released_ones_is_fine_and_is_released_next(folder: Path) -> None:
    before = read_manifest(folder)
    (folder / "clinics/0003_three.sql").write_text("-- new", encoding="utf-8")
    assert list(release_faults(folder)) == []
    assert release(folder) == ["clinics/0003_three.sql"]
    assert read_manifest(folder).items() > before.items()
    assert release(folder) == []


def test_before_the_first_release_everything_may_change(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core/0001_one.sql").write_text("-- one", encoding="utf-8")
    assert read_manifest(tmp_path) == {}
    assert list(release_faults(tmp_path)) == []
