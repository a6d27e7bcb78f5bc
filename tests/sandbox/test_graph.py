"""Meta's Cloud API, spoken by httpx as the product does."""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
from typing import Any

import httpx
import pytest

from dentalogic.sandbox.client import SandboxProcess
from tests.sandbox.conftest import Received, Receiver

LINE = "100000000000001"
AUTH = {"Authorization": "Bearer sandbox-token"}


def graph(sandbox: SandboxProcess, to: str, **body: Any) -> httpx.Response:
    message = {"messaging_product": "whatsapp", "to": to} | body
    return httpx.post(f"{sandbox.graph_url}/{LINE}/messages", json=message, headers=AUTH)


def text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def code_of(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


def of_message(message_id: str) -> Any:
    def wanted(one: Received) -> bool:
        return any(m["id"] == message_id for m in one.value.get("messages", []))

    return wanted


def test_a_patients_message_arrives_signed_in_metas_shape(
    sandbox: SandboxProcess, receiver: Receiver, patient: str
) -> None:
    sent = sandbox.say("+" + patient, "Hola, ¿hay turno?", "Ana Gómez")
    got = receiver.next(of_message(sent["id"]))
    assert sent["webhook"] == {"status": 200, "attempts": 1, "body": ""}
    assert got.signed
    assert got.json["object"] == "whatsapp_business_account"
    assert got.value["metadata"] == {
        "display_phone_number": "5491150001234",
        "phone_number_id": LINE,
    }
    assert got.value["contacts"] == [{"profile": {"name": "Ana Gómez"}, "wa_id": patient}]
    message = got.value["messages"][0]
    assert message.pop("timestamp").isdecimal()
    assert message == {
        "from": patient,
        "id": sent["id"],
        "type": "text",
        "text": {"body": "Hola, ¿hay turno?"},
    }


def test_a_hidden_phone_leaves_only_the_business_scoped_id(
    sandbox: SandboxProcess, receiver: Receiver, patient: str
) -> None:
    bsuid = f"AR.{patient}9"
    sent = sandbox.say(patient, "Hola", bsuid=bsuid, hide_phone=True)
    value = receiver.next(of_message(sent["id"])).value
    assert value["contacts"] == [{"profile": {"name": "Paciente"}, "user_id": bsuid}]
    assert value["messages"][0]["from_user_id"] == bsuid
    assert "from" not in value["messages"][0]
    answer = graph(sandbox, "", recipient=bsuid, **text("Buen día"))
    assert answer.json()["contacts"][0]["user_id"] == bsuid
    assert [one["text"] for one in sandbox.outbox(patient)] == ["Buen día"]


def test_a_reply_gets_an_id_and_three_reports_with_its_callback_data(
    sandbox: SandboxProcess, receiver: Receiver, patient: str
) -> None:
    sandbox.say(patient, "Hola")
    answer = graph(sandbox, "+" + patient, biz_opaque_callback_data="message-7", **text("Buen día"))
    body = answer.json()
    message_id = body["messages"][0]["id"]
    assert message_id.startswith("wamid.")
    assert body == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+" + patient, "wa_id": patient}],
        "messages": [{"id": message_id}],
    }
    for name in ("sent", "delivered", "read"):
        report = receiver.status(message_id, name)
        assert report["recipient_id"] == patient
        assert report["biz_opaque_callback_data"] == "message-7"
    shown = sandbox.outbox(patient)
    assert [(one["text"], one["type"], one["status"]) for one in shown] == [
        ("Buen día", "text", "read")
    ]


def test_a_token_is_needed(sandbox: SandboxProcess, patient: str) -> None:
    url = f"{sandbox.graph_url}/{LINE}/messages"
    body = {"messaging_product": "whatsapp", "to": patient} | text("x")
    for headers in ({}, {"Authorization": "Bearer invalid"}):
        answer = httpx.post(url, json=body, headers=headers)
        assert code_of(answer) == (401, 190)
        assert answer.json()["error"]["type"] == "OAuthException"
        assert answer.json()["error"]["fbtrace_id"]
    assert sandbox.outbox(patient) == []


def test_a_line_with_a_token_of_its_own_refuses_others(
    sandbox: SandboxProcess, patient: str
) -> None:
    sandbox.line("100000000000777", "+5491150007777", access_token="its-own")
    url = f"{sandbox.graph_url}/100000000000777/messages"
    body = {
        "messaging_product": "whatsapp",
        "to": patient,
        "type": "template",
        "template": {"name": "recordatorio", "language": {"code": "es_AR"}},
    }
    assert code_of(httpx.post(url, json=body, headers=AUTH)) == (401, 190)
    own = {"Authorization": "Bearer its-own"}
    assert httpx.post(url, json=body, headers=own).status_code == 200


def test_refusals_carry_metas_codes(sandbox: SandboxProcess, patient: str) -> None:
    template = {"name": "recordatorio", "language": {"code": "es_AR"}}
    assert code_of(graph(sandbox, patient, **text("Hola"))) == (400, 131047)
    assert graph(sandbox, patient, type="template", template=template).status_code == 200
    assert code_of(graph(sandbox, "12", **text("Hola"))) == (400, 131030)
    sandbox.say(patient, "Hola")
    assert code_of(graph(sandbox, patient, **text("x" * 4097))) == (400, 100)
    assert graph(sandbox, patient, **text("x" * 4096)).status_code == 200
    assert code_of(graph(sandbox, patient, type="dance")) == (400, 100)
    assert code_of(graph(sandbox, patient, type="text", text="flat")) == (400, 100)
    sandbox.user(patient, reachable=False)
    assert code_of(graph(sandbox, patient, **text("Hola"))) == (400, 131030)
    other = httpx.post(f"{sandbox.graph_url}/42/messages", json={}, headers=AUTH)
    assert code_of(other) == (400, 100)
    raw = httpx.post(f"{sandbox.graph_url}/{LINE}/messages", content=b"{", headers=AUTH)
    assert code_of(raw) == (400, 100)


def test_the_window_closes_after_24_hours(sandbox: SandboxProcess, patient: str) -> None:
    sandbox.say(patient, "Hola")
    sandbox.clock(23.9 * 3600)
    assert graph(sandbox, patient, **text("a tiempo")).status_code == 200
    sandbox.clock(24.1 * 3600)
    assert code_of(graph(sandbox, patient, **text("tarde"))) == (400, 131047)


def test_a_line_may_have_a_rate(sandbox: SandboxProcess, patient: str) -> None:
    sandbox.line("100000000000888", "+5491150008888", messages_per_second=2)
    url = f"{sandbox.graph_url}/100000000000888/messages"
    body = {"messaging_product": "whatsapp", "to": patient} | text("x")
    sandbox.say(patient, "Hola", to="100000000000888")
    answers = [httpx.post(url, json=body, headers=AUTH) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 400]
    assert answers[2].json()["error"]["code"] == 130429


def test_an_accepted_message_may_fail_later(
    sandbox: SandboxProcess, receiver: Receiver, patient: str
) -> None:
    sandbox.say(patient, "Hola")
    sandbox.fail_later(131026, to=patient)
    message_id = graph(sandbox, patient, **text("Buen día")).json()["messages"][0]["id"]
    assert receiver.status(message_id, "failed")["errors"][0]["code"] == 131026


def test_webhooks_are_repeated_until_the_product_takes_them(
    sandbox: SandboxProcess, receiver: Receiver, patient: str
) -> None:
    receiver.planned[:] = [500, 503]
    sent = sandbox.say(patient, "Hola")
    assert sent["webhook"]["attempts"] == 3
    same = [receiver.next(of_message(sent["id"])).raw for _ in range(3)]
    assert len(set(same)) == 1
    receiver.planned[:] = [500] * 6
    assert sandbox.say(patient, "Hola")["webhook"] == {"status": 500, "attempts": 6, "body": ""}


def test_read_and_typing(sandbox: SandboxProcess, patient: str) -> None:
    first = sandbox.say(patient, "Hola")
    second = sandbox.say(patient, "¿Están?")
    body = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": second["id"],
        "typing_indicator": {"type": "text"},
    }
    url = f"{sandbox.graph_url}/{LINE}/messages"
    answer = httpx.post(url, json=body, headers=AUTH)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    ticks = {one["id"]: one["status"] for one in sandbox.messages(patient)}
    assert ticks == {first["id"]: "read", second["id"]: "read"}
    answer = httpx.post(url, json=body | {"message_id": "x"}, headers=AUTH)
    assert code_of(answer) == (400, 131009)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"type": "image", "image": {"link": "https://x.test/a.jpg", "caption": "Foto"}}, "Foto"),
        ({"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}}, "👍"),
        (
            {
                "type": "template",
                "template": {
                    "name": "recordatorio",
                    "language": {"code": "es_AR"},
                    "components": [
                        {"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}
                    ],
                },
            },
            "Ana",
        ),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "button",
                    "body": {"text": "¿Confirma?"},
                    "action": {
                        "buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Sí"}}]
                    },
                },
            },
            "¿Confirma?",
        ),
    ],
)
def test_other_kinds_of_messages(
    sandbox: SandboxProcess, patient: str, content: dict[str, Any], shown: str
) -> None:
    sandbox.say(patient, "Hola")
    assert graph(sandbox, patient, **content).status_code == 200
    assert [one["text"] for one in sandbox.outbox(patient)] == [shown]


def test_a_voice_note_is_downloaded_by_its_id(
    sandbox: SandboxProcess, receiver: Receiver, patient: str
) -> None:
    sent = sandbox.say(patient, audio={}, transcript="Necesito un turno")
    audio = receiver.next(of_message(sent["id"])).value["messages"][0]["audio"]
    assert audio["voice"] is True
    assert audio["mime_type"] == "audio/ogg; codecs=opus"
    described = httpx.get(f"{sandbox.graph_url}/{audio['id']}", headers=AUTH).json()
    assert described["sha256"] == audio["sha256"]
    assert httpx.get(described["url"]).status_code == 401
    data = httpx.get(described["url"], headers=AUTH).content
    assert data.startswith(b"OggS")
    assert hashlib.sha256(data).hexdigest() == audio["sha256"]
    assert len(data) == described["file_size"]
    missing = httpx.get(f"{sandbox.graph_url}/1", headers=AUTH)
    assert code_of(missing) == (400, 100)


def test_media_can_be_uploaded_and_sent(sandbox: SandboxProcess, patient: str) -> None:
    sandbox.say(patient, "Hola", image=None)
    answer = httpx.post(
        f"{sandbox.graph_url}/{LINE}/media",
        headers=AUTH,
        data={"messaging_product": "whatsapp", "type": "application/pdf"},
        files={"file": ("receta.pdf", b"%PDF-1.4\r\n\x00\xff--x", "application/pdf")},
    )
    media_id = answer.json()["id"]
    url = httpx.get(f"{sandbox.graph_url}/{media_id}", headers=AUTH).json()["url"]
    assert httpx.get(url, headers=AUTH).content == b"%PDF-1.4\r\n\x00\xff--x"
    document = {"id": media_id, "filename": "receta.pdf"}
    assert graph(sandbox, patient, type="document", document=document).status_code == 200
    unknown = graph(sandbox, patient, type="document", document={"id": "1"})
    assert code_of(unknown) == (400, 100)


def test_a_patients_picture(sandbox: SandboxProcess, receiver: Receiver, patient: str) -> None:
    data = base64.b64encode(b"\xff\xd8\xff picture").decode()
    sent = sandbox.say(patient, image={"data": data, "caption": "Mi muela"})
    image = receiver.next(of_message(sent["id"])).value["messages"][0]["image"]
    assert (image["mime_type"], image["caption"]) == ("image/jpeg", "Mi muela")


def test_raw_webhooks_are_posted_as_they_are(
    sandbox: SandboxProcess, receiver: Receiver, patient: str
) -> None:
    # Late reports of other tests' messages may arrive in between.
    def next_of(raw: bytes) -> Received:
        return receiver.next(lambda one: one.raw == raw)

    assert sandbox.inject(b'{"object": ')["status"] == 200
    assert next_of(b'{"object": ').signed
    sandbox.inject(b"{}", signature="bad")
    assert not next_of(b"{}").signed
    sandbox.inject(b"{ }", signature="none")
    assert "X-Hub-Signature-256" not in next_of(b"{ }").headers
    assert len(sandbox.inject(b"[]", times=5, parallel=1)["all"]) == 5
    assert [next_of(b"[]").signed for _ in range(5)] == [True] * 5


def test_an_injected_message_opens_the_window(sandbox: SandboxProcess, patient: str) -> None:
    message = {"from": patient, "id": "wamid.injected" + patient, **text("Hola")}
    value = {"metadata": {"phone_number_id": LINE}, "messages": [message]}
    sandbox.inject({"entry": [{"changes": [{"value": value}]}]}, times=2)
    assert [one["text"] for one in sandbox.messages(patient)] == ["Hola"]
    assert graph(sandbox, patient, **text("Buen día")).status_code == 200


def test_waiting_for_a_reply_ends_when_it_comes(sandbox: SandboxProcess, patient: str) -> None:
    sandbox.say(patient, "Hola")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(sandbox.outbox, patient, wait=20)
        graph(sandbox, patient, **text("Buen día"))
        assert [one["text"] for one in waiting.result(10)] == ["Buen día"]


def test_the_phone_page_hears_messages_ticks_and_typing(
    sandbox: SandboxProcess, patient: str
) -> None:
    first = sandbox.say(patient, "Hola")
    url = f"{sandbox.base_url}/phone/stream"
    names: list[str] = []
    with httpx.stream("GET", url, params={"user": patient}, timeout=10) as stream:
        for line in stream.iter_lines():
            if not line.startswith("event: "):
                continue
            names.append(line.removeprefix("event: "))
            if names == ["history"]:
                body = {
                    "messaging_product": "whatsapp",
                    "status": "read",
                    "message_id": first["id"],
                    "typing_indicator": {"type": "text"},
                }
                target = f"{sandbox.graph_url}/{LINE}/messages"
                httpx.post(target, json=body, headers=AUTH)
                graph(sandbox, patient, **text("Buen día"))
            if names.count("status") == 4:
                break
    assert names == ["history", "status", "typing", "message", "status", "status", "status"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"from": "549"}', b'{"from": 5}', b'{"from": "1", "text": ""}',
     b'{"from": "1", "audio": {"data": "!!"}}', b'{"from": "1", "text": "x", "to": "nobody"}'],
)  # fmt: skip
def test_a_wrong_phone_request_is_400_with_a_reason(sandbox: SandboxProcess, body: bytes) -> None:
    answer = httpx.post(f"{sandbox.base_url}/phone/messages", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
