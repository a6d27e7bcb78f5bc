"""From the bytes of a CSV file to rows with known columns. Pure: no clinic, no database."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from dentalogic.core.errors import DomainError
from dentalogic.core.names import name_key

LARGEST_FILE = 2 * 1024 * 1024
MOST_ROWS = 5000
MOST_COLUMNS = 60
_UTF8_MARK = b"\xef\xbb\xbf"
_NO_TEXT = {
    b"PK\x03\x04": "Es una planilla de Excel.",
    b"\xd0\xcf\x11\xe0": "Es una planilla de Excel.",
    b"%PDF": "Es un PDF.",
    b"\xff\xfe": "Está en UTF-16.",
    b"\xfe\xff": "Está en UTF-16.",
}
_SAVE_AS = "Guardalo como «CSV UTF-8 (delimitado por comas)»."
# What people call the columns, as `name_key` compares: "N° de afiliado" is "n de afiliado".
COLUMNS: dict[str, tuple[str, ...]] = {
    "first_name": ("nombre", "nombres", "primer nombre", "first name", "name"),
    "last_name": ("apellido", "apellidos", "last name", "surname"),
    "full_name": (
        *("nombre completo", "nombre y apellido", "nombres y apellidos", "paciente", "full name"),
        *("apellido y nombre", "apellidos y nombres", "apellido nombre", "nombre apellido"),
    ),
    "document_type": ("tipo", "tipo de documento", "tipo documento", "tipo doc", "document type"),
    "dni": (
        *("dni", "documento", "numero de documento", "nro de documento", "no de documento"),
        *("n de documento", "nro documento", "numero documento", "doc", "nro doc", "document"),
    ),
    "birth_date": (
        *("fecha de nacimiento", "fecha nacimiento", "nacimiento", "fecha nac", "f nac", "fec nac"),
        *("birth date", "date of birth"),
    ),
    "insurance": (
        *("obra social", "os", "cobertura", "prepaga", "financiador", "seguro", "cobertura medica"),
        *("obra social prepaga", "insurance"),
    ),
    "insurance_plan": ("plan", "plan de obra social", "plan obra social", "insurance plan"),
    "member_number": (
        *("afiliado", "numero de afiliado", "nro de afiliado", "no de afiliado", "n de afiliado"),
        *("nro afiliado", "numero afiliado", "credencial", "nro de credencial", "nro credencial"),
        *("numero de credencial", "member number"),
    ),
    "phone": (
        *("telefono", "tel", "celular", "cel", "movil", "whatsapp", "telefono celular"),
        *("telefono movil", "nro de telefono", "numero de telefono", "nro telefono", "phone"),
    ),
    "email": ("email", "e mail", "mail", "correo", "correo electronico"),
}
_FIELD_OF = {name: field for field, names in COLUMNS.items() for name in names}
_SURNAME_FIRST = re.compile(r"apellidos? y? ?nombres?")


class UnreadableFile(DomainError):
    """The file can't be read as a whole. `row` and `byte` count from 1, where they are known."""

    code = "unreadable_file"
    message = "No se puede leer el archivo."
    status = 400


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file: its number as a spreadsheet shows it, and its cells by field."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file; `ignored` are the headers that mean nothing to us."""

    rows: list[Row]
    columns: list[str]
    ignored: list[str]


def read_table(content: bytes) -> Table:
    """Read a CSV file in UTF-8, with or without its mark, separated by `;` or `,`.

    The first row names the columns. Raises `UnreadableFile`, which names the row and the byte.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableFile(f"Pesa más de {LARGEST_FILE // 1024 // 1024} MB.")
    text = _text(content)
    if not text.strip():
        raise UnreadableFile("El archivo está vacío.")
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = ";" if first.count(";") >= first.count(",") and ";" in first else ","
    lines = _lines(text, separator)
    fields, ignored = _header(lines[0][1])
    body = lines[1:]
    if not body:
        raise UnreadableFile("No hay filas debajo de los títulos.")
    if len(body) > MOST_ROWS:
        raise UnreadableFile(f"Tiene más de {MOST_ROWS} filas. Partilo en varios.")
    rows = [Row(number, _cells(number, cells, fields)) for number, cells in body]
    return Table(rows, [field for field in fields if field], ignored)


def _text(content: bytes) -> str:
    for mark, what in _NO_TEXT.items():
        if content.startswith(mark):
            raise UnreadableFile(f"{what} {_SAVE_AS}")
    if content.startswith(_UTF8_MARK):
        content = content[len(_UTF8_MARK) :]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_byte(content, error.start)
    if "\0" in text:
        _refuse_byte(content, content.index(b"\0"))
    return text


def _refuse_byte(content: bytes, place: int) -> None:
    row = content.count(b"\n", 0, place) + 1
    raise UnreadableFile(
        f"No está en UTF-8: fila {row}, byte {place + 1} (0x{content[place]:02X}). {_SAVE_AS}",
        row=row,
        byte=place + 1,
    )


def _lines(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the lines that say something, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((begins, [cell.strip() for cell in cells]))
            begins = reader.line_num + 1
    except csv.Error:
        raise UnreadableFile(
            f"Fila {begins}: las comillas no cierran o sobran.", row=begins
        ) from None
    return lines


def _header(titles: list[str]) -> tuple[list[str], list[str]]:
    """Return the field of each column ("" = none of ours), and the titles of the others."""
    if len(titles) > MOST_COLUMNS:
        raise UnreadableFile(f"Tiene más de {MOST_COLUMNS} columnas.")
    fields = [_field(title) for title in titles]
    named = [field for field in fields if field]
    twice = sorted({field for field in named if named.count(field) > 1})
    if twice:
        raise UnreadableFile(f"Dos columnas dicen lo mismo: {', '.join(map(_title, twice))}.")
    whole = {"full_name", "surname_first"} & set(named)
    if not whole and not {"first_name", "last_name"} <= set(named):
        raise UnreadableFile(
            "Faltan los títulos: hacen falta «nombre» y «apellido», o «nombre completo»."
        )
    ignored = [title for title, field in zip(titles, fields, strict=True) if not field and title]
    return fields, ignored


def _field(title: str) -> str:
    key = name_key(title)
    field = _FIELD_OF.get(key, "")
    if field == "full_name" and _SURNAME_FIRST.fullmatch(key):
        return "surname_first"
    return field


def _title(field: str) -> str:
    return COLUMNS.get(field, (field,))[0]


def _cells(number: int, cells: list[str], fields: list[str]) -> dict[str, str]:
    if len(cells) > len(fields) and any(cells[len(fields) :]):
        raise UnreadableFile(f"Fila {number}: tiene más celdas que títulos.", row=number)
    found = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
    for whole in ("full_name", "surname_first"):
        if whole in found:
            first, last = _split(found.pop(whole), surname_first=whole == "surname_first")
            found.setdefault("first_name", first)
            found.setdefault("last_name", last)
    return found


def _split(name: str, *, surname_first: bool) -> tuple[str, str]:
    """Part a name: at its comma, else the surname is the first word or the last one."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    if surname_first:
        last, _, first = name.partition(" ")
        return first.strip(), last
    first, _, last = name.rpartition(" ")
    return first.strip(), last
