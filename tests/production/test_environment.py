"""A deployment's variables: made once, for one pair of eyes; a missing one is one line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.tools import CHECKOUT
from tests.production.conftest import PUBLIC_URL, Secrets, new_secrets

WEB = ("-m", "uvicorn", "dentalogic.asgi:application", "--port", "1")
WORKER = ("-m", "celery", "-A", "dentalogic", "report")


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the code as in the image: nothing embedded beside it, so nothing is filled in."""
    root = tmp_path_factory.mktemp("product")
    for name in ("dentalogic", "clinics", "agent", "whatsapp", "migrations_sql"):
        left_out = shutil.ignore_patterns("embedded", "sandbox", "evals", "demo", "__pycache__")
        shutil.copytree(CHECKOUT / name, root / name, ignore=left_out)
    shutil.copy(CHECKOUT / "manage.py", root)
    return root


def run(product: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=product,
        env={"PATH": os.environ["PATH"], "DENTALOGIC_HOME": str(product / "home"), **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_they_are_made_once_and_for_their_owner(made: Secrets) -> None:
    before = {file.name: file.read_text() for file in made.folder.iterdir()}
    assert set(before) == {"dentalogic.env", "postgres.env", "redis.env"}
    for file in (made.folder, *made.folder.iterdir()):
        assert file.stat().st_mode & 0o077 == 0
    again = new_secrets(made.folder, PUBLIC_URL=PUBLIC_URL)
    assert again.returncode == 1
    assert "nothing was changed" in again.stderr
    assert {file.name: file.read_text() for file in made.folder.iterdir()} == before


def test_without_a_public_address_none_are_made(tmp_path: Path) -> None:
    done = new_secrets(tmp_path / "production")
    assert done.returncode != 0
    assert "PUBLIC_URL" in done.stderr
    assert not (tmp_path / "production").exists()


def test_no_two_are_the_same(made: Secrets, tmp_path: Path) -> None:
    new_secrets(tmp_path / "other", PUBLIC_URL=PUBLIC_URL)
    other = Secrets(tmp_path / "other").product
    names = ("SECRET_KEY", "JWT_SIGNING_KEY", "INTERNAL_API_TOKEN", "FIELD_ENCRYPTION_KEY")
    values = [one[name] for one in (made.product, other) for name in names]
    assert len(set(values)) == len(values)
    assert made.product["ALLOWED_HOSTS"] == "clinics.example.org"


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (WEB, "DATABASE_URL"),
        (WORKER, "SECRET_KEY"),
        (("manage.py", "dispatcher"), "FIELD_ENCRYPTION_KEY"),
    ],
    ids=lambda one: one[1],
)
def test_a_missing_one_is_one_line_and_no_start(
    words: tuple[str, ...], missing: str, made: Secrets, product: Path
) -> None:
    done = run(product, *words, **{k: v for k, v in made.product.items() if k != missing})
    assert done.returncode == 1
    assert done.stderr == f"dentalogic: {missing} is not set\n"
    assert not (product / "home" / "secrets.env").exists()


def test_the_settings_take_them_and_nothing_is_filled_in(made: Secrets, product: Path) -> None:
    script = (
        "from django.conf import settings; print(settings.SANDBOX, settings.WHATSAPP_GRAPH_URL)"
    )
    done = run(product, "-c", script, **made.product, DJANGO_SETTINGS_MODULE="dentalogic.settings")
    assert done.stdout.split() == ["False", "https://graph.facebook.com/v23.0"]
    assert not (product / "home" / "secrets.env").exists()
