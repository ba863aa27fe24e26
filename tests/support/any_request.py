"""Requests that schemathesis makes out of a description, right and wrong ones, against an application in process."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from werkzeug.test import TestResponse

Send = Callable[[str, str, dict[str, Any]], TestResponse]


def ask_all(document: Any, send: Send, *, without: Collection[str] = (), examples: int = 12) -> Counter[int]:
    """Send requests to every operation of a description; how many answers had which status.

    AssertionError: an answer is the program's own fault, or shows its inside. `without`: paths that are left out.
    """
    statuses: Counter[int] = Counter()
    chosen = settings(
        max_examples=examples, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
    )
    schema = schemathesis.openapi.from_dict(document)
    for result in schema.get_all_operations():
        operation: Any = result
        operation = operation.ok()
        if operation.path in without:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @chosen
            @given(operation.as_strategy(generation_mode=mode))
            def play(case: Any) -> None:
                parts = case.as_transport_kwargs(base_url="http://localhost")
                path = parts["url"].removeprefix("http://localhost")
                asked = _for_the_test_client(parts)
                answer = send(case.method, path, asked)
                statuses[answer.status_code] += 1
                assert answer.status_code < 500, (case.method, path, asked, answer.get_data()[:400])
                assert b"Traceback" not in answer.get_data(), (case.method, path, asked)

            # An operation without parameters cannot be asked wrongly.
            with suppress(Unsatisfiable):
                play()
    return statuses


def _for_the_test_client(parts: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"query_string": parts.get("params") or {}, "headers": clean(parts.get("headers") or {})}
    if parts.get("json") is not None:
        asked["json"] = parts["json"]
    elif parts.get("files") is not None:
        asked["headers"].pop("Content-Type", None)
        asked["data"] = _multipart(parts["files"], parts.get("data"))
    elif parts.get("data") is not None:
        asked["data"] = parts["data"]
    return asked


def _multipart(files: Any, data: Any) -> dict[str, Any]:
    fields: dict[str, Any] = dict(data) if isinstance(data, dict) else {}
    for name, given_value in files.items() if isinstance(files, dict) else files:
        value = given_value[1] if isinstance(given_value, tuple) else given_value
        raw = value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
        named = isinstance(given_value, tuple) and given_value[0]
        fields[name] = (io.BytesIO(raw), str(given_value[0])) if named else raw.decode(errors="replace")
    return fields


def clean(headers: Any) -> dict[str, str]:
    """Headers that say nothing of who asks."""
    return {name: value for name, value in headers.items() if name.lower() not in {"host", "cookie", "authorization"}}
