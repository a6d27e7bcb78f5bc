"""What counts as said: the value stands in a message, or it is refused."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from clinics.models import PARTICULAR
from clinics.services.phones import e164, from_channel
from clinics.services.saying import (
    INVALID,
    NOT_SAID,
    Found,
    InsurerNames,
    Reading,
    Said,
    read_birth_date,
    read_dni,
    read_full_name,
    read_insurance,
    read_phone,
    split_name,
)

INSURERS = [
    InsurerNames("OSDE", ("osde",)),
    InsurerNames("Swiss Medical", ("swiss medical", "swiss")),
    InsurerNames("OSECAC", ("osecac", "empleados de comercio")),
]


def said(*texts: str) -> list[Said]:
    return [Said(uuid.UUID(int=n), text) for n, text in enumerate(texts)]


def value(reading: Reading) -> str:
    return reading.value if isinstance(reading, Found) else reading


@pytest.mark.parametrize(
    ("claimed", "texts", "result"),
    [
        ("Ana Pérez", ["soy ana perez"], "Ana Pérez"),
        ("ana perez", ["Soy Ana Pérez, hola"], "Ana Perez"),
        ("Pérez Ana María", ["me llamo Ana María Pérez"], "Pérez Ana María"),
        ("Ana Pérez", ["Ana", "Pérez"], "Ana Pérez"),
        ("Ana O'Higgins", ["soy Ana O’Higgins"], "Ana O'Higgins"),
        ("Ana Pérez", ["soy Ana"], NOT_SAID),
        ("Ana Pérez", ["soy Anahí Pérezco"], NOT_SAID),
        ("Ana Pérez", [], NOT_SAID),
        ("Ana", ["soy Ana"], INVALID),
        ("Ana 123", ["soy Ana 123"], INVALID),
    ],
)
def test_names(claimed: str, texts: list[str], result: str) -> None:
    assert value(read_full_name(claimed, said(*texts))) == result


def test_the_quoted_message_is_the_one_with_the_value() -> None:
    reading = read_dni("30111222", said("hola", "mi dni es 30.111.222"))
    assert isinstance(reading, Found)
    assert reading.message.text == "mi dni es 30.111.222"


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Ana Pérez", "Ana", "Pérez"),
        ("Ana María Pérez", "Ana María", "Pérez"),
        ("Ana María Pérez Gómez", "Ana María", "Pérez Gómez"),
        ("Pérez, Ana María", "Ana María", "Pérez"),
        ("Juan de la Cruz", "Juan", "de la Cruz"),
    ],
)
def test_first_and_last_name(full: str, first: str, last: str) -> None:
    assert split_name(full) == (first, last)


@pytest.mark.parametrize(
    ("claimed", "text", "result"),
    [
        ("30111222", "dni 30111222", "30111222"),
        ("30.111.222", "30111222", "30111222"),
        ("30111222", "es 30.111.222!", "30111222"),
        ("30111222", "30 111 222", "30111222"),
        ("30111222", "30111222 1155550002", "30111222"),
        ("5111222", "5.111.222", "5111222"),
        ("30111222", "mi cel es 1130111222", NOT_SAID),
        ("30111222", "30111223", NOT_SAID),
        ("301112", "301112", INVALID),
        ("301112223", "301112223", INVALID),
        ("treinta", "treinta", INVALID),
    ],
)
def test_dni(claimed: str, text: str, result: str) -> None:
    assert value(read_dni(claimed, said(text))) == result


@pytest.mark.parametrize(
    ("claimed", "text", "result"),
    [
        ("osde", "tengo OSDE 210", "OSDE"),
        ("OSDE 210", "tengo osde 210", "OSDE"),
        ("Swiss Medical", "la swiss", "Swiss Medical"),
        ("OSECAC", "soy de empleados de comercio", "OSECAC"),
        ("PARTICULAR", "no tengo obra social", PARTICULAR),
        ("particular", "No tengo", PARTICULAR),
        ("no tengo", "pago yo", PARTICULAR),
        ("particular", "sin obra social", PARTICULAR),
        ("ninguna", "ninguna", PARTICULAR),
        ("Obra Social de la Nieve", "obra social de la nieve", "Obra Social de la Nieve"),
        ("OSDE", "tengo swiss", NOT_SAID),
        ("PARTICULAR", "no tengo turno todavía", NOT_SAID),
        ("PARTICULAR", "tengo osde", NOT_SAID),
        ("sí", "sí", INVALID),
    ],
)
def test_insurance(claimed: str, text: str, result: str) -> None:
    assert value(read_insurance(claimed, said(text), INSURERS)) == result


@pytest.mark.parametrize(
    ("claimed", "text", "result"),
    [
        ("1155550002", "11 5555-0002", "+5491155550002"),
        ("+54 9 11 5555 0002", "mi cel: 011 15 5555 0002", "+5491155550002"),
        ("1155550002", "+5491155550002", "+5491155550002"),
        ("351 555 0002", "3515550002", "+5493515550002"),
        ("1155550002", "1155550003", NOT_SAID),
        ("5555", "5555", INVALID),
    ],
)
def test_phone(claimed: str, text: str, result: str) -> None:
    assert value(read_phone(claimed, said(text), country="AR")) == result


def test_the_number_they_write_from_may_be_meant() -> None:
    own = "+5491155550002"
    assert value(read_phone("el mismo", said("es el mismo que este"), country="AR", own=own)) == own
    assert value(read_phone(own, said("el mismo"), country="AR", own=own)) == own
    assert value(read_phone(own, said("hola"), country="AR", own=own)) == NOT_SAID


@pytest.mark.parametrize(
    ("claimed", "text", "result"),
    [
        ("1990-03-12", "12/3/1990", "1990-03-12"),
        ("1990-03-12", "nací el 12 de marzo de 1990", "1990-03-12"),
        ("12/03/1990", "12-03-90", "1990-03-12"),
        ("1990-03-12", "12 de marzo", NOT_SAID),
        ("2090-03-12", "12/3/2090", INVALID),
        ("1990-02-31", "31/2/1990", INVALID),
    ],
)
def test_birth_date(claimed: str, text: str, result: str) -> None:
    assert value(read_birth_date(claimed, said(text), today=date(2026, 11, 24))) == result


@pytest.mark.parametrize(
    "written",
    ["5491155550002", "541155550002", "54111555550002", "+5491155550002"],
)
def test_the_forms_of_an_argentine_mobile_meet(written: str) -> None:
    assert from_channel(written) == "+5491155550002"


def test_numbers_of_elsewhere_stay_what_they_are() -> None:
    assert from_channel("59899123456") == "+59899123456"
    assert e164("nada") is None
    assert from_channel("AR.1234") is None
