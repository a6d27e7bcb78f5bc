from __future__ import annotations

import pytest

from clinics.services.import_reading import (
    LARGEST_FILE,
    MOST_ROWS,
    UnreadableFile,
    read_table,
)

PEOPLE = "Nombre;Apellido;DNI\nAna;Pérez;30111222\n"


def cells(text: str | bytes) -> list[dict[str, str]]:
    content = text if isinstance(text, bytes) else text.encode()
    return [row.cells for row in read_table(content).rows]


@pytest.mark.parametrize(
    "content",
    [
        PEOPLE.encode(),
        b"\xef\xbb\xbf" + PEOPLE.encode(),
        PEOPLE.replace(";", ",").encode(),
        PEOPLE.replace("\n", "\r\n").encode(),
        b'"Nombre","Apellido","DNI"\n"Ana","P\xc3\xa9rez","30111222"',
        ("\n" + PEOPLE + ";;\n\n").encode(),
    ],
)
def test_what_spreadsheets_write_is_read(content: bytes) -> None:
    assert cells(content) == [{"first_name": "Ana", "last_name": "Pérez", "dni": "30111222"}]


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("N° de afiliado", "member_number"),
        ("Nro. de Documento", "dni"),
        ("FECHA DE NACIMIENTO", "birth_date"),
        ("Teléfono", "phone"),
        ("Celular", "phone"),
        ("E-mail", "email"),
        ("Correo electrónico", "email"),
        ("Obra Social", "insurance"),
        ("prepaga", "insurance"),
        ("Plan", "insurance_plan"),
    ],
)
def test_columns_go_by_the_names_that_people_give_them(title: str, field: str) -> None:
    assert cells(f"nombre;apellido;{title}\nAna;Pérez;x\n")[0][field] == "x"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Nombre completo", "Ana María Pérez"),
        ("Apellido y nombre", "Pérez Ana María"),
        ("Apellido y nombre", '"Pérez, Ana María"'),
        ("Paciente", '"Pérez, Ana María"'),
    ],
)
def test_whole_names_are_parted(title: str, name: str) -> None:
    assert cells(f"{title};tel\n{name};1\n") == [
        {"first_name": "Ana María", "last_name": "Pérez", "phone": "1"}
    ]


def test_rows_keep_the_number_that_the_spreadsheet_shows() -> None:
    table = read_table(b'nombre,apellido,nota\n"A",B,"dos\nl\xc3\xadneas"\n\nC,D,\n')
    assert [row.number for row in table.rows] == [2, 5]
    assert table.ignored == ["nota"]
    assert table.columns == ["first_name", "last_name"]


@pytest.mark.parametrize(
    ("content", "said", "where"),
    [
        (b"", "vacío", {}),
        (b"\xef\xbb\xbf\r\n", "vacío", {}),
        ("nombre;apellido\nAna;Pérez\n".encode("latin-1"), "0xE9", {"row": 2, "byte": 22}),
        ("nombre;apellido\n".encode("utf-16"), "UTF-16", {}),
        (b"nombre;apellido\nA\0na;B\n", "0x00", {"row": 2, "byte": 18}),
        (b"PK\x03\x04rest", "Excel", {}),
        (b"%PDF-1.7", "PDF", {}),
        (b"nombre;apellido\n", "No hay filas", {}),
        (b"dni;tel\n1;2\n", "Faltan los t", {}),
        (b"nombre;tel\n1;2\n", "Faltan los t", {}),
        (b"nombre;apellido;dni;documento\nA;B;1;2\n", "dos columnas", {}),
        (b"nombre;apellido\nA;B;C\n", "celdas", {"row": 2}),
        (b'nombre;apellido\nA;"B\n', "comillas", {"row": 2}),
        (b'nombre;apellido\nA;"B"c\n', "comillas", {"row": 2}),
        (b";".join([b"x"] * 61) + b"\n1\n", "columnas", {}),
        (b"nombre;apellido\n" + b"A;B\n" * (MOST_ROWS + 1), "filas", {}),
        (b"x" * (LARGEST_FILE + 1), "MB", {}),
        (b"nombre;apellido\nA;" + b"x" * 200_000 + b"\n", "comillas", {"row": 2}),
    ],
)
def test_what_can_t_be_read_is_said_with_its_place(
    content: bytes, said: str, where: dict[str, int]
) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_table(content)
    assert said.lower() in str(refusal.value).lower()
    assert refusal.value.details == where
