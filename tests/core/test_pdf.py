from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

from pypdf import PdfReader

from dentalogic.core.pdf import Document, writable

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _text(body: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)


def test_what_goes_in_can_be_read() -> None:
    document = Document(title="Historia clínica", made_at=AT, footer="Clínica del Sol")
    document.heading("Datos")
    document.facts([("Paciente", "Ñandú Gutiérrez-Đorđević"), ("DNI", "")])
    document.subheading("Evolución")
    document.paragraph("Presión ≥ 140/90\nαβγ — Жук")
    document.note("huella")
    document.table(["Pieza", "Hallazgo"], [["16", "Caries"]], widths=[1, 3])
    document.space()
    body = document.body()
    text = _text(body)
    for part in (
        "Historia clínica",
        "Ñandú Gutiérrez-Đorđević",
        "—",
        "Presión ≥ 140/90",
        "αβγ — Жук",
        "Caries",
        "Clínica del Sol",
        "1 / 1",
    ):
        assert part in text
    assert PdfReader(BytesIO(body)).metadata["/Title"] == "Historia clínica"  # type: ignore[index]


def test_nothing_vanishes_that_the_font_lacks() -> None:
    assert writable("dolor 😀 牙") == "dolor [U+1F600] [U+7259]"
    assert writable("a\0b\u202ec\r\nd\te") == "a[U+0000]b[U+202E]c\nd    e"
    assert writable("A\u0301na") == "Ána"


def test_long_texts_take_pages() -> None:
    document = Document(title="t" * 300, made_at=AT)
    document.facts([("n", "w" * 5000)])
    document.table(["n", "texto"], [[str(number), "palabra " * 30] for number in range(60)])
    document.table(["a", "b"], [["hilera " * 900, "x\n" * 400], ["", "última"]], widths=[1, 6])
    document.paragraph("fin de lo largo " * 800)
    body = document.body()
    reader = PdfReader(BytesIO(body))
    text = _text(body)
    assert len(reader.pages) > 4
    assert f"{len(reader.pages)} / {len(reader.pages)}" in text
    assert text.count("w") >= 5000
    assert text.count("hilera") == 900
    assert "última" in text
    assert text.count("texto") > 1, "the head of a table is repeated on each page"
