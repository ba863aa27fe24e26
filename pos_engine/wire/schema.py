"""JSON Schemas (2020-12) of the documents, made from the same classes the codecs decode."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pos_engine.core.basket import Basket
from pos_engine.core.campaign import Condition, Reward
from pos_engine.core.member import Member
from pos_engine.core.outcome import Outcome
from pos_engine.core.programme import Programme
from pos_engine.core.registry import CONDITIONS, REWARDS
from pos_engine.core.repricing import Sold
from pos_engine.core.returns import Exchange, Return, Reversal
from pos_engine.core.usage import Usage
from pos_engine.wire.bounds import LINES_MAX, NOT_EMPTY, NUMBERS, TEXT_MAX
from pos_engine.wire.campaigns import CampaignsFile

DOCUMENTS: dict[str, type] = {
    "campaigns": CampaignsFile,
    "basket": Basket,
    "member": Member,
    "usage": Usage,
    "outcome": Outcome,
    "return": Return,
    "reversal": Reversal,
    "sold": Sold,
    "exchange": Exchange,
    "programme": Programme,
}
"""Name of a document → the class it decodes to."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{name}"


def schema(name: str) -> dict[str, object]:
    """The schema of a document of `DOCUMENTS`."""
    root = DOCUMENTS[name]
    kinds: list[type] = [*CONDITIONS.values(), *REWARDS.values()] if name in ("campaigns", "sold") else []
    (head, *_), parts = msgspec.json.schema_components([root, *kinds], schema_hook=_abstract, ref_template=_REF)
    definitions: dict[str, object] = dict(parts)
    for one in kinds:
        _tag(definitions[one.__name__], one.__name__)
    if kinds:
        definitions["Condition"] = _one_of(CONDITIONS)
        definitions["Reward"] = _one_of(REWARDS)
    for title, definition in definitions.items():
        _tighten(title, definition)
    return {
        "$schema": DIALECT,
        "$id": f"urn:pos-engine:{name}",
        "title": name,
        **head,
        "$defs": dict(sorted(definitions.items())),
    }


def _abstract(cls: type) -> dict[str, object]:
    """Where a document holds any condition or any reward."""
    if cls in (Condition, Reward):
        return {"$ref": _REF.format(name=cls.__name__)}
    raise NotImplementedError(cls)


def _one_of(table: Mapping[str, type]) -> dict[str, object]:
    return {"oneOf": [{"$ref": _REF.format(name=table[kind].__name__)} for kind in sorted(table)]}


def _tag(definition: object, title: str) -> None:
    """Require the `kind` that says which condition or reward an object is."""
    kinds = {one.__name__: kind for kind, one in (*CONDITIONS.items(), *REWARDS.items())}
    assert isinstance(definition, dict)  # noqa: S101 - msgspec describes every dataclass as an object
    definition["properties"] = {"kind": {"const": kinds[title]}, **definition["properties"]}
    definition["required"] = ["kind", *definition["required"]]


def _tighten(title: str, definition: object) -> None:
    """Say what the codecs refuse: fields nobody knows, numbers out of bounds, empty texts and lists."""
    if not isinstance(definition, dict) or definition.get("type") != "object":
        return
    definition["additionalProperties"] = False
    definition["description"] = " ".join(str(definition.get("description", "")).split())
    for name, field in definition["properties"].items():
        for form in field.get("anyOf", [field]):
            _tighten_field(title, name, form)
    if title == "Basket":
        definition["properties"]["lines"]["maxItems"] = LINES_MAX


def _tighten_field(title: str, name: str, form: dict[str, object]) -> None:
    bounds = NUMBERS.get((title, name))
    number = form["items"] if form.get("type") == "array" else form
    if bounds is not None and isinstance(number, dict) and number.get("type") == "integer":
        number["minimum"], number["maximum"] = bounds
    if (title, name) in NOT_EMPTY:
        form["minItems" if form.get("type") == "array" else "minLength"] = 1
    if form.get("type") == "string" and "format" not in form:
        form["maxLength"] = TEXT_MAX
