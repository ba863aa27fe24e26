"""Bytes → one of the core's documents, or a DocumentError that names the place and says what is wrong."""

from __future__ import annotations

import dataclasses
import re
from functools import lru_cache
from typing import TypeVar

import msgspec

from pos_engine.wire.errors import DocumentError
from pos_engine.wire.inspect import Inspection, field_hints, resolve_kind

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
        cls = resolve_kind(raw, family, place)
        try:
            decoded = msgspec.convert(fields, _fields_of(cls), dec_hook=decode_tagged)
        except msgspec.ValidationError as error:
            raise _document_error(error, place) from error
        made: object = cls(**msgspec.structs.asdict(decoded))
        return made

    try:
        return msgspec.convert(parsed, target, dec_hook=decode_tagged)
    except msgspec.ValidationError as error:
        raise _document_error(error, path) from error


@lru_cache(maxsize=256)
def _fields_of(cls: type) -> type[msgspec.Struct]:
    """The fields of a condition or reward as the decoder's own kind of class.

    The decoder fills objects in without calling their class, and a compiled condition or reward must be called.
    """
    hints = field_hints(cls)
    fields = [
        (field.name, hints[field.name], msgspec.NODEFAULT if field.default is dataclasses.MISSING else field.default)
        for field in dataclasses.fields(cls)
    ]
    made = msgspec.defstruct(cls.__name__, fields, kw_only=True)
    msgspec.json.Decoder(made)  # its fields are read before another thread can see it: see `prepared.py`
    return made


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
