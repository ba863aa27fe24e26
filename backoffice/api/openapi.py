"""The OpenAPI 3.1 document, made of the operations and of the types that their requests are decoded into."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from backoffice.api.calls import Operation
from backoffice.api.problems import MEDIA_TYPE, Problem

PREFIX: Final = "/api/v1"
_VARIABLE: Final = re.compile(r"{([a-z_]+)}")
_PLACE: Final = "#/components/schemas/"
_RENAMED: Final = {
    "backoffice.api.documents.Balance": "Balance",
    "backoffice.audiences.conditions.balance.Balance": "BalanceCondition",
    "backoffice.api.segment_documents.Segment": "Segment",
}
"""Types that would share a name, and what they are called."""
_REFUSALS: Final = {
    "400": "The request does not have the form that it needs",
    "401": "The token is missing, not known, expired or revoked",
    "403": "The token may not do this",
    "404": "There is no such thing in this organisation",
    "409": "What is there stands in the way",
    "422": "What was sent cannot be accepted",
    "429": "Too many requests; Retry-After says after how many seconds",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document."""
    known = tuple(operations)
    types: list[Any] = [Problem]
    for each in known:
        types += [each.answer, each.query, *([each.body] if each.body else [])]
    schemas, components = _named(*msgspec.json.schema_components(types, ref_template=f"{_PLACE}{{name}}"))
    left = iter(schemas[1:])
    paths: dict[str, dict[str, Any]] = {}
    for each in known:
        answer, query = next(left), next(left)
        body = next(left) if each.body else None
        entry = _operation(each, answer, components[query["$ref"].rpartition("/")[2]], body)
        paths.setdefault(f"{PREFIX}{each.path}", {})[each.method.lower()] = entry
    for each in known:
        components.pop(each.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loyalty back-office", "version": "1"},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _named(schemas: Any, components: dict[str, Any]) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 - schemas
    """The same with short names: where two types have one, both come with their modules."""
    return _renamed(schemas), {_RENAMED.get(name, name): _renamed(schema) for name, schema in components.items()}


def _renamed(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(part, dict):
        return {name: _renamed(each) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [_renamed(each) for each in part]
    if isinstance(part, str) and part.startswith(_PLACE):
        name = part.removeprefix(_PLACE)
        return _PLACE + _RENAMED.get(name, name)
    return part


def _operation(operation: Operation, answer: Any, query: Any, body: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _VARIABLE.findall(operation.path)
    ]
    parameters += [
        {"name": name, "in": "query", "schema": schema} for name, schema in query.get("properties", {}).items()
    ]
    if operation.writes:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": operation.keyed,
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
                "description": "Repeat the request with the same key when no answer came: it is done once.",
            }
        )
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    responses = {status: {"description": words, **problem} for status, words in _REFUSALS.items()}
    responses[str(operation.status)] = {
        "description": operation.summary,
        "content": {"application/json": {"schema": answer}},
    }
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Scope: `{operation.scope}`",
        "parameters": parameters,
        "responses": responses,
    }
    if body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return told
