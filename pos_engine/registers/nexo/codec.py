"""Bytes ⇄ nexo messages, in two steps: the header first, so that a wrong body can still be answered."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from pos_engine.registers.nexo.faults import NexoError, RejectedError
from pos_engine.registers.nexo.messages import RequestEnvelope, SaleToPOIRequest
from pos_engine.registers.nexo.results import NotificationEnvelope, ResponseEnvelope

BODY_BYTES_MAX = 1024 * 1024
"""H2: 500 lines with every field filled are about 200 kB."""

_ENVELOPE = msgspec.json.Decoder(RequestEnvelope)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)

Body = TypeVar("Body")


def decode_envelope(body: bytes) -> SaleToPOIRequest:
    """The header and the raw bodies. RejectedError when not even the header can be read (R1)."""
    try:
        return _ENVELOPE.decode(body).request
    except msgspec.ValidationError as error:
        what, path = _what_and_where(str(error))
        where = path.removeprefix("SaleToPOIRequest.") or "SaleToPOIRequest"
        raise RejectedError("message_invalid", f"{where}: {what}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RejectedError("message_invalid", f"the body is not JSON: {error}") from error


def decode_body(raw: msgspec.Raw, kind: type[Body]) -> Body:
    """The typed body of a category. NexoError names the first field that is wrong."""
    name = kind.__name__
    if not bytes(raw):
        raise NexoError("MessageFormat", "message_invalid", f"{name}: is missing")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        what, path = _what_and_where(str(error))
        where = f"{name}.{path}" if path else name
        raise NexoError("MessageFormat", "message_invalid", f"{where}: {what}") from error


def encode(answer: ResponseEnvelope | NotificationEnvelope) -> bytes:
    """The answer's bytes; amounts as JSON numbers with the decimals of the currency."""
    return _ENCODER.encode(answer)


def _what_and_where(message: str) -> tuple[str, str]:
    """Split msgspec's sentence: "Expected `int`, got `str` - at `$.a.b`"."""
    match = _AT.match(message)
    if match is None:
        return message, ""
    return match["what"].replace("`", ""), match["path"] or ""
