"""An OpenAPI description of an application, made of its real routes and of the types its requests are read into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Flask

VARIABLE = re.compile(r"<(?:[a-z_]+:)?([a-z_]+)>")
"""A variable in the rule of a route."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def description(app: Flask, prefix: str, bodies: Mapping[str, type], queries: Mapping[str, tuple[str, ...]]) -> Any:
    """Every route below a path prefix. `bodies`: path → document of its body; `queries`: path → names of parameters.

    Routes with a body that nobody named get any JSON: what a stranger would send.
    """
    (_, *schemas), components = msgspec.json.schema_components(
        [str, *bodies.values()], ref_template="#/components/schemas/{name}"
    )
    body_of = dict(zip(bodies, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(prefix):
            continue
        path = VARIABLE.sub(r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) & set(METHODS)):
            paths.setdefault(path, {})[method.lower()] = _operation(path, method, body_of, queries)
    return {
        "openapi": "3.1.0",
        "info": {"title": app.name, "version": "1"},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(
    path: str, method: str, body_of: Mapping[str, Any], queries: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{([a-z_]+)}", path)
    ]
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in queries.get(path, ())]
    operation: dict[str, Any] = {"parameters": parameters, "responses": {"default": {"description": "an answer"}}}
    if method in {"POST", "PUT", "PATCH"}:
        schema = body_of.get(path, {})
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation
