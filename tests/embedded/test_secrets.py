"""Secrets are made once, kept, and never replaced in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dentalogic.embedded import SetupError, environment, start
from dentalogic.embedded.environment import real_credentials
from dentalogic.embedded.home import Home
from dentalogic.embedded.secrets import GENERATED, ensure

STRONG = "x9" * 20


@pytest.fixture
def place(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


def test_they_are_made_once_and_private(place: Home) -> None:
    first = ensure(place)
    assert set(first) == set(GENERATED)
    assert len(set(first.values())) == len(GENERATED)
    assert ensure(place) == first
    assert place.secrets_file.stat().st_mode & 0o077 == 0
    Fernet(first["FIELD_ENCRYPTION_KEY"])


def test_what_is_there_stays_and_what_is_missing_is_added(place: Home) -> None:
    place.secrets_file.write_text(f"# mine\nSECRET_KEY={STRONG}\n\nOTHER=kept\n")
    made = ensure(place)
    assert made["SECRET_KEY"] == STRONG
    assert made["OTHER"] == "kept"
    assert set(GENERATED) < set(made)
    assert ensure(place) == made


def test_a_weak_value_is_named_and_not_replaced(place: Home) -> None:
    place.secrets_file.write_text("JWT_SIGNING_KEY=short\n")
    with pytest.raises(SetupError, match="JWT_SIGNING_KEY"):
        ensure(place)
    assert place.secrets_file.read_text() == "JWT_SIGNING_KEY=short\n"


@pytest.mark.processes
def test_a_lost_encryption_key_is_missed_once_there_is_data(home: Path) -> None:
    start(home, fast=True)
    place = Home.at(home)
    kept = place.secrets_file.read_text()
    place.secrets_file.unlink()
    with pytest.raises(SetupError, match="FIELD_ENCRYPTION_KEY is missing"):
        environment(home)
    assert not place.secrets_file.exists()
    place.secrets_file.write_text(kept)
    assert environment(home)["FIELD_ENCRYPTION_KEY"] in kept


def test_a_given_value_wins_and_is_not_written(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", STRONG)
    values = environment(place.root)
    assert "SECRET_KEY" not in values
    assert STRONG not in place.secrets_file.read_text()
    assert "JWT_SIGNING_KEY" in values


def test_the_sandbox_is_the_default_for_every_vendor(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_PORT", "9001")
    values = environment(place.root)
    assert values["SANDBOX"] == "1"
    assert values["WHATSAPP_GRAPH_URL"] == "http://127.0.0.1:9001/graph/v23.0"
    assert values["OPENAI_MODEL"] == "scripted-receptionist"
    account = json.loads(values["GOOGLE_CREDENTIALS_JSON"])
    assert account["token_uri"] == "http://127.0.0.1:9001/token"
    assert json.loads(environment(place.root)["GOOGLE_CREDENTIALS_JSON"]) == account
    assert real_credentials(values) == []


def test_a_real_credential_turns_the_sandbox_off(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    values = environment(place.root)
    assert values["SANDBOX"] == "0"
    assert not {"OPENAI_BASE_URL", "WHATSAPP_GRAPH_URL", "GOOGLE_CREDENTIALS_JSON"} & set(values)


@pytest.mark.parametrize(
    ("given", "real"),
    [
        ({}, []),
        ({"OPENAI_API_KEY": "sandbox-key"}, []),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://localhost:11434/v1"}, []),
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://llm.example/v1"}, ["OPENAI_API_KEY"]),
        ({"YCLOUD_API_KEY": "k"}, ["YCLOUD_API_KEY"]),
        (
            {"GOOGLE_CREDENTIALS_JSON": '{"token_uri": "https://oauth2.googleapis.com/token"}'},
            ["GOOGLE_CREDENTIALS_JSON"],
        ),
    ],
)
def test_what_counts_as_a_real_credential(given: dict[str, str], real: list[str]) -> None:
    assert real_credentials(given) == real


def test_broken_google_credentials_are_named() -> None:
    with pytest.raises(SetupError, match="GOOGLE_CREDENTIALS_JSON"):
        real_credentials({"GOOGLE_CREDENTIALS_JSON": "{"})
