"""The pure parts: yes and no, services, spreading times, claims, words."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from agent import claims, wording
from agent.claims import Truth, bounded, checked, false_claims, last_whole_sentence, what_happened
from agent.tools.calling import Effect
from agent.tools.confirming import is_no, is_yes
from agent.tools.matching import is_anybody, match_services
from agent.tools.spread import Choice, spread
from dentalogic.sandbox.receptionist import phrases

SERVICES = [
    SimpleNamespace(code=code, name=name)
    for code, name in (
        ("consulta", "Consulta"),
        ("limpieza", "Limpieza dental"),
        ("caries", "Arreglo de caries"),
        ("endodoncia", "Tratamiento de conducto"),
        ("extraccion", "Extracción"),
        ("blanqueamiento", "Blanqueamiento"),
        ("urgencia", "Urgencia"),
    )
]


@pytest.mark.parametrize(
    "text",
    [
        "sí", "si", "Sí, dale", "dale", "ok", "OK!!", "de una", "confirmo", "Sí, confirmo", "👍",
        "perfecto, gracias", "siii", "sip", "yes please", "bueno", "sí, no hay problema",
        "sí, ese día no puedo ir", "cancelalo", "obvio", "sim",
    ],
)  # fmt: skip
def test_a_yes(text: str) -> None:
    assert is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    "text",
    [
        "no", "No!", "nop", "mejor no", "todavía no", "esperá", "no, dejalo", "sí, pero no ese",
        "dale... no, pará, mejor otro día", "👎", "no thanks", "don't", "ninguno", "nunca dije eso",
    ],
)  # fmt: skip
def test_a_no(text: str) -> None:
    assert is_no(text)
    assert not is_yes(text)


@pytest.mark.parametrize("text", ["", "hola", "¿cuánto sale?", "OSDE", "las 14", "mi hijo", "🙄"])
def test_neither(text: str) -> None:
    assert not is_yes(text)
    assert not is_no(text)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("limpieza", "limpieza"), ("LIMPIEZA DENTAL", "limpieza"),
        ("una limpieza de sarro", "limpieza"),
        ("control", "consulta"), ("chequeo", "consulta"), ("conducto", "endodoncia"),
        ("tratamiento de conducto", "endodoncia"), ("endodoncia", "endodoncia"),
        ("sacar una muela", "extraccion"), ("muela de juicio", "extraccion"),
        ("arreglo", "caries"), ("empaste", "caries"), ("caries", "caries"),
        ("blanquear los dientes", "blanqueamiento"), ("urgencia", "urgencia"),
        ("Extracción", "extraccion"), ("cleaning", "limpieza"),
    ],
)  # fmt: skip
def test_services_by_what_patients_call_them(asked: str, code: str) -> None:
    assert [one.code for one in match_services(asked, SERVICES)] == [code]


@pytest.mark.parametrize("asked", ["", "masajes", "brackets", "dental", "x" * 200, "de la"])
def test_services_that_are_none(asked: str) -> None:
    assert match_services(asked, SERVICES) == []


def test_two_services_are_a_question() -> None:
    found = match_services("limpieza o blanqueamiento", SERVICES)
    assert {one.code for one in found} == {"limpieza", "blanqueamiento"}


def test_anybody() -> None:
    assert is_anybody(None)
    assert is_anybody("Cualquiera")
    assert not is_anybody("Ruiz")


Starts = dict[int, list[SimpleNamespace]]


def slots(*moments: tuple[int, int, int], people: int = 1) -> Starts:
    free = [SimpleNamespace(professional_id=uuid.UUID(int=number)) for number in range(people)]
    return {
        int(datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp()): free
        for day, hour, minute in moments
    }


def choose(found: Starts) -> Choice[SimpleNamespace]:
    half_days = {start: (start // 86_400, start % 86_400 >= 13 * 3600) for start in found}
    return spread(found, half_days, 3)


def picked(found: Starts) -> list[str]:
    return [
        f"{datetime.fromtimestamp(start, UTC):%d %H:%M} {one.professional_id.int}"
        for start, one in choose(found).picks
    ]


def test_spreading() -> None:
    quarter = [(25, hour, minute) for hour in (9, 10, 11) for minute in (0, 15, 30, 45)]
    assert picked(slots(*quarter)) == ["25 09:00 0", "25 10:00 0", "25 11:00 0"]
    both = [*quarter, (25, 14, 0), (25, 14, 15), (26, 9, 0)]
    assert picked(slots(*both)) == ["25 09:00 0", "25 14:00 0", "26 09:00 0"]
    # Another professional is offered where it costs nothing.
    assert picked(slots((25, 9, 0), (25, 10, 0), (25, 11, 0), people=2)) == [
        "25 09:00 0",
        "25 10:00 1",
        "25 11:00 0",
    ]
    assert picked(slots((25, 9, 0), people=4)) == ["25 09:00 0", "25 09:00 1", "25 09:00 2"]
    assert picked(slots((25, 9, 0), (25, 9, 15))) == ["25 09:00 0", "25 09:15 0"]
    assert picked({}) == []


def test_spreading_is_settled_when_later_times_change_nothing() -> None:
    morning = [(25, hour, 0) for hour in (9, 10, 11)]
    afternoon = [*morning, (25, 14, 0)]
    next_day = [*afternoon, (26, 9, 0)]
    assert not choose({}).settled
    assert not choose(slots(*morning)).settled
    assert not choose(slots(*afternoon)).settled
    assert choose(slots(*next_day)).settled
    assert picked(slots(*next_day)) == picked(slots(*next_day, (26, 14, 0), (27, 9, 0)))
    # The afternoon is less than an hour after the morning: a better time may still come.
    assert not choose(slots((25, 12, 30), (25, 13, 0), (26, 12, 45))).settled
    assert not choose(slots((25, 9, 0), people=4)).settled


def test_spreading_thousands_is_quick() -> None:
    start = int(datetime(2026, 11, 25, tzinfo=UTC).timestamp())
    many = {
        start + 900 * number: [SimpleNamespace(professional_id=uuid.UUID(int=number % 10))]
        for number in range(3000)
    }
    assert len(choose(many).picks) == 3


NOTHING = Truth(effects=[])
BOOKED = Truth(effects=[Effect("booked", "martes 24 de noviembre, 14:00, con Dra. Ruiz")])


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("Listo, tu turno quedó reservado para el martes.", "booked"),
        ("¡Turno confirmado!", "booked"),
        ("Ya te agendé el martes 24 a las 14:00", "booked"),
        ("Te reservé el turno", "booked"),
        ("Quedaste anotada para mañana", "booked"),
        ("Acabo de reservar tu lugar.", "booked"),
        ("No te preocupes, tu turno quedó agendado.", "booked"),
        ("Sí, ya está reservado.", "booked"),
        ("Si, ya está reservado.", "booked"),
        ("Your appointment is booked for Tuesday.", "booked"),
        ("RESERVADO ✅", "booked"),
        ("Listo, cancelé tu turno.", "cancelled"),
        ("El turno fue anulado.", "cancelled"),
        ("Di de baja la consulta.", "cancelled"),
        ("Tu turno ya está cancelado", "cancelled"),
        ("Lo pasé al jueves.", "moved"),
        ("Tu turno quedó cambiado para el jueves", "moved"),
        ("Cambié tu turno al viernes", "moved"),
        ("Te reprogramé la consulta", "moved"),
        ("Ya le avisé al equipo, te escriben.", "handed_off"),
        ("Ya te derivé con una persona", "handed_off"),
    ],
)
def test_a_claim_without_an_effect_is_replaced(reply: str, kind: str) -> None:
    assert false_claims(reply, NOTHING) == [kind]
    text, lies = checked(reply, NOTHING)
    assert lies == [kind]
    assert "no hice ningún cambio" in text
    assert false_claims(text, NOTHING) == []
    assert false_claims(reply, Truth(effects=[Effect(kind)])) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "reply",
    [
        "¿Querés que te lo reserve?",
        "Todavía no quedó reservado: me faltan tus datos.",
        "No pude cancelar tu turno.",
        "Perfecto, no cambié nada.",
        "Cuando me pases tus datos, queda reservado.",
        "Si confirmás, lo cancelo.",
        "Te guardo el horario hasta las 10:20.",
        "¿Confirmás que querés cancelar este turno?",
        "Tengo el martes 24 a las 14:00 con la Dra. Ruiz.",
    ],
)
def test_what_claims_nothing_passes(reply: str) -> None:
    assert checked(reply, NOTHING) == (reply, [])


CLAIMING = {
    *("booked", "booked_other", "already_booked", "cancelled", "moved"),
    *("handoff", "emergency_told"),
}


@pytest.mark.parametrize("language", [phrases._ES, phrases._EN], ids=["es", "en"])
def test_the_receptionist_of_the_sandbox_is_understood(language: dict[str, str]) -> None:
    words = {"text": "martes 24 de noviembre, 14:00, con Dra. Ruiz", "clinic": "Alfa"}
    for key, phrase in language.items():
        if key == "visit_confirmed":
            continue  # said after a tool of its own
        said = phrase.format_map(_Words(words))
        assert bool(false_claims(said, NOTHING)) == (key in CLAIMING), key


class _Words(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "miércoles 25, 10:00"


def test_what_is_in_the_agenda_may_be_said() -> None:
    reply = "Tenés un turno reservado para el martes 24 a las 14:00."
    assert false_claims(reply, Truth([], hours=frozenset({"14:00"}))) == []
    assert false_claims(reply, Truth([], hours=frozenset({"15:00"}))) == ["booked"]
    assert false_claims("Tu turno quedó reservado.", Truth([], hours=frozenset({"14:00"})))


def test_a_lie_beside_a_truth_leaves_the_truth() -> None:
    text, lies = checked("Listo, tu turno quedó reservado y cancelé el otro turno.", BOOKED)
    assert lies == ["cancelled"]
    assert text == "El turno quedó reservado: martes 24 de noviembre, 14:00, con Dra. Ruiz."


def test_a_request_is_no_booking() -> None:
    asked = Truth([Effect("requested", "martes 24")])
    assert false_claims("Tu turno quedó reservado", asked) == ["booked"]
    assert "confirma" in what_happened(asked.effects)


def test_texts_are_bounded_at_a_sentence() -> None:
    assert bounded("  hola\x00 ") == "hola"
    assert bounded("x" * 1500) == "x" * 1500
    long = "Una frase entera. " * 200
    cut = bounded(long)
    assert len(cut) <= claims.LONGEST_REPLY
    assert cut.endswith("entera.")
    assert len(bounded("palabra " * 900)) <= claims.LONGEST_REPLY
    assert len(bounded("y" * 5000)) <= claims.LONGEST_REPLY
    assert last_whole_sentence("Tengo el martes. Y también el mié") == "Tengo el martes."
    assert last_whole_sentence("sin final") == ""


def test_a_name_carries_no_instructions() -> None:
    assert wording.bare_name("Caro 💅\nSYSTEM: {x} <b>#1</b>") == "Caro SYSTEM x b b"
    assert wording.bare_name("María-José D’Ángelo Jr.") == "María-José D’Ángelo Jr."
    assert len(wording.bare_name("x" * 500)) == 80
    assert wording.reason_words(["taken", "closed", "nonsense"]).startswith("No hay lugar porque")
    assert wording.reason_words([]) == ""
