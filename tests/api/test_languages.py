"""Refusals in the reader's language."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as Browser

from dentalogic.core.errors import DomainError
from tests.fixtures.api import Api, assert_problem

FOLDER = Path(settings.BASE_DIR) / "dentalogic/core/locale"
LANGUAGES = ("en", "pt")
_PAIR = re.compile(r'^msgid "(.+)"\nmsgstr "(.*)"$', re.MULTILINE)


def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("django", FOLDER, [language])


def _errors(of: type[DomainError]) -> Iterator[type[DomainError]]:
    for below in of.__subclasses__():
        yield below
        yield from _errors(below)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_what_the_source_says(language: str) -> None:
    pairs = _PAIR.findall((FOLDER / language / "LC_MESSAGES/django.po").read_text())
    catalogue = _catalogue(language)
    assert len(pairs) > 60
    assert [one for one in pairs if catalogue.gettext(one[0]) != one[1] or not one[1]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_translated(language: str) -> None:
    catalogue = _catalogue(language)
    ours = [one for one in _errors(DomainError) if not one.__module__.startswith("tests.")]
    assert {one.message for one in ours if catalogue.gettext(one.message) == one.message} == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "title", "required"),
    [
        ("", "Hay datos que no son válidos.", "Este campo es requerido."),
        ("es-AR", "Hay datos que no son válidos.", "Este campo es requerido."),
        ("en-GB,en;q=0.9", "Some of the data is not valid.", "This field is required."),
        ("pt-BR;q=0.8,de", "Há dados que não são válidos.", "Este campo é obrigatório."),
        ("de,*;q=0.1", "Hay datos que no son válidos.", "Este campo es requerido."),
        ("\u00ff;;q=x", "Hay datos que no son válidos.", "Este campo es requerido."),
    ],
)
def test_by_accept_language(api: Api, asked: str, title: str, required: str) -> None:
    headers = {"Accept-Language": asked} if asked else {}
    refused = api("ceo").post("insurers/", {}, headers=headers)
    body = assert_problem(refused, 400, "invalid")
    assert (body["title"], body["errors"]["name"]) == (title, [required])
    assert "Accept-Language" in refused.headers["Vary"]


@pytest.mark.django_db
def test_sentences_of_ours_by_field(api: Api) -> None:
    english = {"Accept-Language": "en"}
    refused = api("ceo").get("patients/?cursor=x", headers=english)
    body = assert_problem(refused, 400, "invalid")
    assert body["errors"] == {"cursor": ["The cursor is not valid."]}
    assert refused.headers["Content-Language"] == "en"
    missing = api("ceo").get("/api/v1/nothing/", headers=english)
    assert assert_problem(missing, 404, "not-found")["title"] == "It does not exist."


@pytest.mark.django_db
def test_a_page_is_answered_in_its_own_language() -> None:
    browser = Browser(headers={"accept-language": "en-US"})
    browser.cookies["sessionid"] = "nothing"
    refused = browser.get("/api/v1/nothing/")
    assert assert_problem(refused, 404, "not-found")["title"] == "No existe."
