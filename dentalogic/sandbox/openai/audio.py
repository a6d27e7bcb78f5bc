"""``POST /v1/audio/transcriptions``: registered words for a file, else something ordinary."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from dentalogic.sandbox.meta.media import decode_file
from dentalogic.sandbox.openai.chat import OpenAIError, authorize
from dentalogic.sandbox.wire import JSON, BadInput, read_multipart, read_object, text_of

if TYPE_CHECKING:
    from dentalogic.sandbox.state import Sandbox

TRANSCRIPTS_KEPT = 500
ORDINARY = "Hola, quería sacar un turno para una limpieza."
FIGURES = {"avg_logprob": -0.2, "no_speech_prob": 0.01, "compression_ratio": 1.2}


class Transcripts:
    """Words by the file's hash, and words for whatever file comes next."""

    def __init__(self) -> None:
        self.by_hash: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self.next: deque[dict[str, Any]] = deque(maxlen=100)

    def register(self, sha256: str, transcript: dict[str, Any]) -> None:
        """Remember the words of a file."""
        self.by_hash[sha256] = transcript
        while len(self.by_hash) > TRANSCRIPTS_KEPT:
            self.by_hash.popitem(last=False)

    def find(self, data: bytes) -> dict[str, Any]:
        """Return the words of a file."""
        known = self.by_hash.get(hashlib.sha256(data).hexdigest())
        if known is not None:
            return known
        return self.next.popleft() if self.next else {"text": ORDINARY}


async def transcribe(request: Request) -> Response:
    """Answer in ``json``, ``text`` or ``verbose_json``."""
    authorize(request)
    try:
        texts, files = await read_multipart(request)
    except BadInput as error:
        raise OpenAIError(str(error)) from None
    if "file" not in files or not files["file"].data:
        raise OpenAIError("Audio file might be corrupted or unsupported", param="file")
    if not texts.get("model"):
        raise OpenAIError("you must provide a model parameter", param="model")
    sandbox: Sandbox = request.app.state.sandbox
    found = sandbox.transcripts.find(files["file"].data)
    words = str(found.get("text", ""))
    form = texts.get("response_format", "json")
    if form == "text":
        return Response(words + "\n", media_type="text/plain; charset=utf-8")
    if form == "json":
        return JSON({"text": words, "usage": {"type": "duration", "seconds": 3}})
    if form != "verbose_json":
        raise OpenAIError(f"response_format '{form}' is not supported", param="response_format")
    duration = float(found.get("duration") or max(1.0, len(words) / 14))
    figures = {name: found.get(name, usual) for name, usual in FIGURES.items()}
    segment = {"id": 0, "seek": 0, "start": 0.0, "end": duration, "text": words}
    segment |= {"tokens": [], "temperature": 0.0} | figures
    return JSON(
        {
            "task": "transcribe",
            "language": found.get("language", "spanish"),
            "duration": duration,
            "text": words,
            "segments": [segment] if words else [],
        }
    )


async def register(request: Request) -> Response:
    """Register words: ``{text, sha256? | data?, avg_logprob?, no_speech_prob?, language?}``.

    Without a hash or data they are those of the next unknown file.
    """
    sandbox: Sandbox = request.app.state.sandbox
    body = await read_object(request)
    if not isinstance(body.get("text"), str):
        raise BadInput("text must be a text")
    sha = text_of(body, "sha256", needed=False)
    if "data" in body:
        sha = hashlib.sha256(decode_file(body["data"], what="data")).hexdigest()
    if sha:
        sandbox.transcripts.register(sha, body)
    else:
        sandbox.transcripts.next.append(body)
    return JSON({"sha256": sha}, status_code=201)
