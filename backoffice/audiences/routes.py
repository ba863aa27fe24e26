"""Pages of segments: the list, and the builder with its live count."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.audiences import segments as services
from backoffice.audiences.inputs import KINDS, options_of
from backoffice.audiences.models import Segment
from backoffice.audiences.parse import ROOT, Read, after_act, read_tree
from backoffice.audiences.presets import PRESETS
from backoffice.audiences.tree import AudienceTree, decode
from backoffice.audiences.waterfall import StepCode, Waterfall, waterfall
from backoffice.audiences.words import STEPS
from backoffice.catalogue import services as catalogue
from backoffice.consent.kinds import Channel, Purpose
from backoffice.consent.labels import CHANNELS, PURPOSES
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.members.search import search
from backoffice.messaging.frequency import contacted_enough
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.format import language
from backoffice.web.templating import say

segments = Blueprint("segments", __name__, template_folder="templates")

SUGGESTIONS: Final = 8
HOLD_OUTS: Final = (0, 5, 10, 20, 30, 50)
"""Per cent that the builder offers."""
PREVIEW_SEED: Final = "preview"
"""The builder draws with it; a campaign draws with a seed of its own."""


def segment_or_404(reader: Session, segment_id: str) -> Segment:
    """The segment of this id in the organisation at work; a page that says there is none otherwise."""
    segment = services.get_segment(reader, actor().organisation_id, segment_id)
    if segment is None:
        abort(404)
    return segment


@segments.get("/segments")
@needs(Right.READ)
def segment_list() -> str:
    """All segments, in words, with the campaigns that use them."""
    organisation_id = actor().organisation_id
    with read() as reader:
        uses = services.uses_of(reader, organisation_id)
        rows = []
        for segment in services.segments_of(reader, organisation_id):
            tree = decode(segment.tree)
            words = tree.in_words(language(), tree.names(reader, organisation_id))
            rows.append((segment, words, uses.get(segment.segment_id, [])))
    return render_template("segments/list.html", rows=rows)


@segments.get("/segments/new")
@needs(Right.CAMPAIGNS)
def segment_new() -> str:
    """Choose what to start from; with `preset`, the builder filled in with it."""
    code = request.args.get("preset", "")
    if not code:
        return render_template("segments/presets.html", presets=PRESETS)
    preset = PRESETS.get(code)
    if preset is None:
        abort(404)
    with read() as reader:
        name = "" if code == "blank" else str(preset.title)
        return _page(reader, None, Read(preset.tree), name)


@segments.post("/segments/new")
@needs(Right.CAMPAIGNS)
def segment_create() -> str | Response | tuple[str, int]:
    """Keep a new segment."""
    return _save(None)


@segments.get("/segments/<segment_id>/edit")
@needs(Right.CAMPAIGNS)
def segment_edit(segment_id: str) -> str:
    """The builder of a segment."""
    with read() as reader:
        segment = segment_or_404(reader, segment_id)
        return _page(reader, segment, Read(decode(segment.tree)), segment.name)


@segments.post("/segments/<segment_id>/edit")
@needs(Right.CAMPAIGNS)
def segment_save(segment_id: str) -> str | Response | tuple[str, int]:
    """Keep the changed segment."""
    with read() as reader:
        segment = segment_or_404(reader, segment_id)
    return _save(segment)


@segments.post("/segments/<segment_id>/copy")
@needs(Right.CAMPAIGNS)
def segment_copy(segment_id: str) -> Response:
    """A new segment with the same conditions."""
    with read() as reader:
        segment_or_404(reader, segment_id)
    act = doing()
    copied = write(lambda tx: services.copy_segment(tx, act, segment_id).segment_id)
    say(_("The segment was copied."))
    return redirect(url_for("segments.segment_edit", segment_id=copied))


@segments.post("/segments/<segment_id>/delete")
@needs(Right.CAMPAIGNS)
def segment_delete(segment_id: str) -> Response:
    """Throw it away, unless a campaign uses it."""
    with read() as reader:
        segment_or_404(reader, segment_id)
    act = doing()
    try:
        name = write(lambda tx: services.delete_segment(tx, act, segment_id))
    except InputError as refused:
        say(str(refused), kind="danger")
    else:
        say(_("“%(name)s” was deleted.", name=name))
    return redirect(url_for("segments.segment_list"))


@segments.post("/segments/redraw")
@needs(Right.CAMPAIGNS)
def redraw() -> str:
    """The builder after one of its buttons: a condition or group more, or less."""
    segment_id = request.form.get("segment_id", "")
    found = after_act(read_tree(request.form, actor().organisation.currency), request.form.get("do", ""))
    with read() as reader:
        segment = segment_or_404(reader, segment_id) if segment_id else None
        if request.headers.get("HX-Request"):
            values = _tree_values(reader, found) | _panel_values(reader, segment, found)
            return render_template("segments/redrawn.html", **values)
        return _page(reader, segment, found, request.form.get("name", ""))


@segments.post("/segments/count")
@needs(Right.CAMPAIGNS)
def count_panel() -> str:
    """The panel beside the builder: the conditions in words, and where people are lost on the way."""
    segment_id = request.form.get("segment_id", "")
    with read() as reader:
        segment = segment_or_404(reader, segment_id) if segment_id else None
        found = read_tree(request.form, actor().organisation.currency)
        return render_template("segments/panel.html", **_panel_values(reader, segment, found))


@segments.get("/segments/suggest")
@needs(Right.READ)
def suggest() -> str:
    """What a picker of the builder offers for the words typed so far: goods, or members."""
    query, picker, path = (request.args.get(name, "") for name in ("pick", "picker", "path"))
    organisation_id = actor().organisation_id
    found: list[tuple[str, str, str, str]] = []
    with read() as reader:
        if query.strip() and picker == "goods":
            nodes = catalogue.search_categories(reader, organisation_id, query, SUGGESTIONS)
            found.extend((f"{path}.category_ids", node.category_id, node.name, _("category")) for node in nodes)
            products = catalogue.search_products(reader, organisation_id, query, limit=SUGGESTIONS)
            found.extend((f"{path}.product_ids", each.product_id, each.name, each.product_id) for each in products)
        if query.strip() and picker == "members":
            people = search(reader, organisation_id, query, limit=SUGGESTIONS)
            found.extend(
                (f"{path}.member_ids", each.member_id, each.person.full_name or each.number, each.number)
                for each in people
            )
    return render_template("campaigns/suggest.html", found=found, query=query)


def _save(segment: Segment | None) -> str | Response | tuple[str, int]:
    found, act = read_tree(request.form, actor().organisation.currency), doing()
    name, error = request.form.get("name", ""), next(iter(found.problems.values()), "")
    if not error:
        segment_id = segment.segment_id if segment else ""
        try:
            kept = write(lambda tx: services.save_segment(tx, act, segment_id, name, found.tree).segment_id)
        except InputError as refused:
            error = str(refused)
        else:
            say(_("“%(name)s” was saved.", name=name))
            return redirect(url_for("segment_people.people", segment_id=kept))
    with read() as reader:
        return _page(reader, segment, found, name, error), 422


def _page(reader: Session, segment: Segment | None, found: Read, name: str, error: str = "") -> str:
    return render_template(
        "segments/edit.html",
        name=name,
        error=error,
        channels=[("", _("Coupon on the card, no message")), *CHANNELS.items()],
        purposes=list(PURPOSES.items()),
        hold_outs=HOLD_OUTS,
        **(_tree_values(reader, found) | _panel_values(reader, segment, found, counted=False)),
    )


def _tree_values(reader: Session, found: Read) -> dict[str, Any]:
    names = found.tree.names(reader, actor().organisation_id)
    return {
        "tree": found.tree,
        "names": names,
        "kinds": KINDS,
        "options": options_of(names),
        "path": ROOT,
        "problems": found.problems,
        "focus": found.focus,
    }


def _panel_values(reader: Session, segment: Segment | None, found: Read, *, counted: bool = True) -> dict[str, Any]:
    """What the panel shows. Not `counted`: the page comes at once, and asks for its panel when it is there."""
    organisation_id = actor().organisation_id
    error, result = next(iter(found.problems.values()), ""), None
    asked = _asked()
    if counted and not error:
        try:
            result = _resolved(reader, segment, found.tree, asked)
        except InputError as refused:
            error = str(refused)
    names = found.tree.names(reader, organisation_id)
    return {
        "segment": segment,
        "asked": asked,
        "problem": error,
        "result": result,
        "counting": not counted and not error,
        "steps": STEPS,
        "StepCode": StepCode,
        "sentences": found.tree.in_words(language(), names),
    }


def _asked() -> dict[str, Any]:
    """By which channel and for what it would be, as the page says; e-mail with an offer, nobody held out, else."""
    channel = request.form.get("channel", Channel.EMAIL.value)
    purpose = request.form.get("purpose", "")
    percent = request.form.get("hold_out", "0")
    return {
        "channel": Channel(channel) if channel in set(Channel) else None,
        "purpose": Purpose(purpose) if purpose in set(Purpose) else Purpose.MARKETING,
        "hold_out": int(percent) if percent.isdecimal() and int(percent) in HOLD_OUTS else 0,
    }


def _resolved(reader: Session, segment: Segment | None, tree: AudienceTree, asked: dict[str, Any]) -> Waterfall:
    organisation_id = actor().organisation_id
    removed = services.removals_of(reader, organisation_id, segment.segment_id) if segment else {}
    return waterfall(
        reader,
        organisation_id,
        tree,
        asked["channel"],
        asked["purpose"],
        office().clock.now(),
        asked["hold_out"],
        PREVIEW_SEED,
        removed,
        contacted_enough,
    )
