"""Bytes → one of the core's documents, or a DocumentError that names the place and says what is wrong."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from pos_engine.wire.errors import DocumentError
from pos_engine.wire.inspect import Inspection, resolve_kind

T = TypeVar("T")

_BYTE = re.compile(r"\(byte (\d+)\)")
_PLACE = re.compile(r" - at `([^`]*)`")


def decode(raw: bytes, target: type[T]) -> T:
    """Decode JSON bytes. UTF-8 with or without a byte order mark."""
    return convert(parse(raw), target)


def parse(raw: bytes) -> object:
    """JSON bytes as plain lists, dicts, texts and numbers."""
    body = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        parsed: object = msgspec.json.decode(body)
    except RecursionError as error:
        raise DocumentError("$", "nested too deeply") from error
    except msgspec.DecodeError as error:
        raise DocumentError("$", f"not JSON: {_with_line(str(error), body)}") from error
    except UnicodeDecodeError as error:
        raise DocumentError("$", f"not UTF-8 text (byte {error.start})") from error
    return parsed


def convert(parsed: object, target: type[T], path: str = "$") -> T:
    """Turn a parsed document into the core's classes, after a look at fields, kinds and numbers."""
    inspection = Inspection()
    inspection.walk(parsed, target, path)

    def decode_tagged(family: type, raw: object) -> object:
        """Decode a condition or reward by its kind; msgspec asks here for the two abstract classes."""
        if not isinstance(raw, dict):
            raise TypeError(f"expected an object, got {type(raw).__name__}")
        place = inspection.places[id(raw)]
        fields = {key: value for key, value in raw.items() if key != "kind"}
        try:
            return msgspec.convert(fields, resolve_kind(raw, family, place), dec_hook=decode_tagged)
        except msgspec.ValidationError as error:
            raise _document_error(error, place) from error

    try:
        return msgspec.convert(parsed, target, dec_hook=decode_tagged)
    except msgspec.ValidationError as error:
        raise _document_error(error, path) from error


def _document_error(error: msgspec.ValidationError, path: str) -> DocumentError:
    """What msgspec found wrong inside the object at `path`."""
    message = str(error)
    if isinstance(error.__cause__, DocumentError):
        return error.__cause__
    found = _PLACE.search(message)
    whole = path + (found.group(1).removeprefix("$") if found else "")
    text = _PLACE.sub("", message)
    text = re.sub(r"^Expected", "expected", text)
    text = re.sub(r"^Object missing required field", "missing field", text)
    return DocumentError(whole, text)


def _with_line(message: str, body: bytes) -> str:
    found = _BYTE.search(message)
    if found is None:
        return message
    before = body[: int(found.group(1))]
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return _BYTE.sub(f"(line {line}, column {column})", message)
