"""Pages of the rules that tell what a line was: the list, one rule with what it would change, earlier versions."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.headers import with_etag
from backoffice.web.templating import say
from backoffice.workshop.line_rules import KINDS, Rule
from backoffice.workshop.operation_words import FAMILY_WORDS, OPERATION_WORDS
from backoffice.workshop.operations import OPERATIONS
from backoffice.workshop.rule_versions import latest, rules_of
from backoffice.workshop.rule_writing import (
    preview,
    rules_of_version,
    save_rules,
    typed_rule,
    unknown_lines,
    versions_of,
    with_rule,
)

line_rules = Blueprint("line_rules", __name__, template_folder="templates")

NEW: Final = "new"
WORDS: Final[dict[str, Any]] = {"families": FAMILY_WORDS, "operations": OPERATION_WORDS, "meanings": OPERATIONS}


def _version(reader: Session) -> int:
    row = latest(reader, actor().organisation_id)
    return row.version if row is not None else 0


@line_rules.get("/work-rules")
@needs(Right.READ)
def rule_list() -> str:
    """The rules from the top, how far the lines were taken anew, and the versions there were."""
    with read() as reader:
        organisation_id = actor().organisation_id
        return render_template(
            "workshop/rules.html",
            rules=rules_of(reader, organisation_id),
            row=latest(reader, organisation_id),
            versions=versions_of(reader, organisation_id),
            **WORDS,
        )


@line_rules.get("/work-rules/live")
@needs(Right.READ)
def rules_live() -> Response:
    """How far the lines were taken anew, for polling."""
    with read() as reader:
        row = latest(reader, actor().organisation_id)
        return with_etag(render_template("workshop/rules_live.html", row=row))


@line_rules.get("/work-rules/unknown")
@needs(Right.READ)
def unknown_rules() -> str:
    """The most frequent lines that no rule knows: what to write the next rule for."""
    with read() as reader:
        part = "rules_unknown_lines" if request.headers.get("HX-Request") else "rules_unknown"
        return render_template(f"workshop/{part}.html", lines=unknown_lines(reader, actor().organisation_id))


@line_rules.route("/work-rules/rule/<place>", methods=["GET", "POST"])
@needs(Right.WORKSHOP)
def rule_page(place: str) -> str | Redirect | tuple[str, int]:
    """One rule: typed, looked at with what it would change, and only then saved. Places count from 1."""
    with read() as reader:
        rules, version = rules_of(reader, actor().organisation_id), _version(reader)
    at = _place(place, len(rules))
    kept = rules[at] if at is not None else Rule("", words=tuple(filter(None, [request.args.get("words", "")])))
    values: dict[str, Any] = {
        "place": place,
        "at": (at if at is not None else 0) + 1,
        "rule": kept,
        "total": len(rules),
        "kinds": KINDS,
        "version": version,
    }
    if request.method == "GET":
        return render_template("workshop/rule.html", **values, **WORDS)
    form = request.form
    values["version"] = made_from = _number(form.get("version", ""))
    try:
        if form.get("step", "").startswith("remove"):
            wanted = [each for each in rules if each is not kept]
            if at is None:
                abort(404)
        else:
            rule = _typed_rule()
            values |= {"rule": rule, "at": _number(form.get("at", ""))}
            wanted = with_rule(rules, at, rule, values["at"] - 1)
        seen = _seal(wanted)
        if form.get("step", "").endswith("save") and form.get("seen") == seen:
            return _saved(made_from, wanted)
    except InputError as refused:
        typed = {name: form.get(name, "") for name in ("operation", "codes", "words", "without")}
        values |= {"error": str(refused), "typed": typed, "typed_kinds": form.getlist("kinds")}
        return render_template("workshop/rule.html", **values, **WORDS), 422
    with read() as reader:
        found = preview(reader, actor().organisation_id, wanted)
    removing = form.get("step", "").startswith("remove")
    return render_template("workshop/rule.html", **values, preview=found, seen=seen, removing=removing, **WORDS)


@line_rules.route("/work-rules/versions/<int:version>", methods=["GET", "POST"])
@needs(Right.WORKSHOP)
def rule_version(version: int) -> str | Redirect:
    """Going back to an earlier list (0: the one to begin with): what that would change, and doing it."""
    with read() as reader:
        organisation_id = actor().organisation_id
        wanted = rules_of_version(reader, organisation_id, version)
        if wanted is None:
            abort(404)
        if request.method == "POST":
            return _saved(_number(request.form.get("version", "")), wanted)
        return render_template(
            "workshop/rule_version.html",
            version=version,
            made_from=_version(reader),
            rules=wanted,
            preview=preview(reader, organisation_id, wanted),
            **WORDS,
        )


def _saved(made_from: int, wanted: Sequence[Rule]) -> Redirect:
    act = doing()
    write(lambda tx: save_rules(tx, act, made_from, wanted))
    say(_("The rules were saved. The lines that are there are being taken anew."))
    return redirect(url_for("line_rules.rule_list"))


def _typed_rule() -> Rule:
    form = request.form
    codes, words, without = (form.get(name, "") for name in ("codes", "words", "without"))
    return typed_rule(form.get("operation", ""), codes, words, without, form.getlist("kinds"))


def _place(place: str, total: int) -> int | None:
    """A place from 0; None for a new rule. 404 for what is neither."""
    if place == NEW:
        return None
    if not (place.isascii() and place.isdigit() and 1 <= int(place[:4]) <= total):
        abort(404)
    return int(place) - 1


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("999999") else 0


def _seal(rules: Sequence[Rule]) -> str:
    """By this a list is known again: what is saved is what was looked at."""
    return sha256(msgspec.json.encode(list(rules))).hexdigest()
