from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalogic.core.names import matches_person, name_key, person_key, strip_titles


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("María Elena  Ruiz", "maria elena ruiz"),
        ("  PEÑA\tNúñez ", "pena nunez"),
        ("García-Pérez, José", "garcia perez jose"),
        ("D'Angelo", "dangelo"),
        ("D’Ángelo", "dangelo"),
        ("Müller Strauß", "muller strauss"),
        ("Łukasz Søren", "lukasz soren"),
        ("M. E. Ruiz", "m e ruiz"),
        ("Jose\u0301", "jose"),
        ("...", ""),
        ("", ""),
    ],
)
def test_name_key(text: str, key: str) -> None:
    assert name_key(text) == key


@given(st.text())
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert name_key(name_key(text)) == name_key(text)


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Dra. María Elena Ruiz", "María Elena Ruiz"),
        ("Dra María Elena Ruiz", "María Elena Ruiz"),
        ("DRA.María Elena Ruiz", "María Elena Ruiz"),
        ("doctor Julián Gómez", "Julián Gómez"),
        ("Doctora  Ana", "Ana"),
        ("Od. Pérez", "Pérez"),
        ("Odont. Pérez", "Pérez"),
        ("Odontóloga Pérez", "Pérez"),
        ("Prof. Dr. Juan Paz", "Juan Paz"),
        ("Lic. Paz", "Paz"),
        ("Drago Paz", "Drago Paz"),
        ("Odalys Dra. Paz", "Odalys Dra. Paz"),
        ("Dra.", "Dra."),
        ("", ""),
    ],
)
def test_strip_titles(name: str, bare: str) -> None:
    assert strip_titles(name) == bare


def test_person_key_joins_both() -> None:
    assert person_key("Dra. MARÍA  elena Ruíz") == "maria elena ruiz"


RUIZ = ("Dra.", "María Elena", "Ruiz")
GOMEZ = ("Dr.", "Julián", "Gómez Peña")


@pytest.mark.parametrize(
    "query",
    ["la dra ruiz", "Ruiz", "con la Dra. Ruiz", "maria elena", "RUIZ MARÍA", "doctora ruiz"],
)
def test_names_that_mean_ruiz(query: str) -> None:
    assert matches_person(query, *RUIZ)
    assert not matches_person(query, *GOMEZ)


@pytest.mark.parametrize("query", ["julian gomez", "Dr Gómez Peña", "el doctor pena", "gomez"])
def test_names_that_mean_gomez(query: str) -> None:
    assert matches_person(query, *GOMEZ)
    assert not matches_person(query, *RUIZ)


@pytest.mark.parametrize("query", ["", "la doctora", "dra.", "Ruizz", "Ruiz Díaz", "rui", "el"])
def test_what_names_nobody_matches_nobody(query: str) -> None:
    assert not matches_person(query, *RUIZ)


def test_a_surname_with_particles_is_found() -> None:
    assert matches_person("la doctora de la Fuente", "Dra.", "Ana", "de la Fuente")
    assert matches_person("fuente", "Dra.", "Ana", "de la Fuente")
