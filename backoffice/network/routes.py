"""Pages of the network: all organisations below as a tree, and one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.identity.security import unusable_hash
from backoffice.network import tree
from backoffice.network.figures import figures_below
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response, decimal_text
from backoffice.web.locales import PAGE_LANGUAGES
from backoffice.web.templating import say
from pos_engine.core.money import currency_exponent

network = Blueprint("network", __name__, template_folder="templates")

DAYS: Final = 30
"""Of the figures on the page; the report by e-mail has weeks and months."""


def _days() -> tuple[date, date]:
    today = office().clock.now().astimezone(ZoneInfo(actor().zone)).date()
    return today - timedelta(days=DAYS - 1), today


def _tree_page(error: str = "") -> str:
    with read() as reader:
        branches = tree.below(reader, actor().organisation_id)
        found = figures_below(reader, [each.organisation_id for each in branches], *_days())
    return render_template(
        "network/tree.html", branches=branches, found=found, days=DAYS, error=error, form=request.form
    )


@network.get("/network")
@needs(Right.NETWORK)
def tree_page() -> str:
    """All organisations below, with what each sold lately."""
    return _tree_page()


@network.get("/network.csv")
@needs(Right.NETWORK)
def tree_csv() -> Response:
    """The same as a file."""
    first, last = _days()
    with read() as reader:
        branches = tree.below(reader, actor().organisation_id)
        found = figures_below(reader, [each.organisation_id for each in branches], first, last)
    header = ("organisation", "path", "level", "closed", "first", "last", "receipts", "revenue", "currency", "members")
    rows = []
    for each in branches:
        it, figures = each.organisation, found[each.organisation_id]
        amount = decimal_text(figures.revenue_minor, currency_exponent(it.currency))
        members = "" if figures.members is None else figures.members
        closed = it.closed_at.date().isoformat() if it.closed_at else ""
        told = (first.isoformat(), last.isoformat(), figures.receipts, amount, it.currency, members)
        rows.append((it.name, " / ".join(each.path), each.level, closed, *told))
    return csv_response("network.csv", header, rows)


@network.post("/network")
@needs(Right.NETWORK)
def open_below() -> Response | tuple[str, int]:
    """Open an organisation; its page invites the first owner."""
    act, fields = doing(), request.form
    language = fields.get("language", "")
    chosen = language if language in PAGE_LANGUAGES else actor().organisation.language
    try:
        made = write(
            lambda tx: tree.open_below(
                tx, act, fields.get("parent_id", ""), fields.get("name", ""), fields.get("zone", ""), chosen
            )
        )
    except InputError as refused:
        return _tree_page(str(refused)), 422
    say(_("%(name)s is open. Now invite its first owner.", name=made.name))
    return redirect(url_for("network.branch_page", child_id=made.organisation_id))


def _branch_page(child_id: str, error: str = "", link: str = "") -> str:
    with read() as reader:
        branch = tree.branch_of(reader, actor().organisation_id, child_id)
        if branch is None:
            abort(404)
        within = {child_id, *(each.organisation_id for each in tree.below(reader, child_id))}
        return render_template(
            "network/branch.html",
            branch=branch,
            owner=tree.first_owner(reader, child_id),
            figures=figures_below(reader, [child_id], *_days())[child_id],
            days=DAYS,
            places=[
                each
                for each in tree.below(reader, actor().organisation_id)
                if each.organisation_id not in within and each.organisation.closed_at is None
            ],
            error=error,
            link=link,
        )


@network.get("/network/<child_id>")
@needs(Right.NETWORK)
def branch_page(child_id: str) -> str:
    """One organisation below."""
    return _branch_page(child_id)


@network.post("/network/<child_id>/owner")
@needs(Right.NETWORK)
def invite(child_id: str) -> str | Response | tuple[str, int]:
    """Invite the first owner; the link is shown once."""
    act, email, hashed = doing(), request.form.get("email", ""), unusable_hash()
    _must_be_below(child_id)
    try:
        secret = write(lambda tx: tree.invite(tx, act, child_id, email, hashed))
    except InputError as refused:
        return _branch_page(child_id, str(refused)), 422
    if secret is None:
        say(_("%(email)s may come in now, with the password they have.", email=email))
        return redirect(url_for("network.branch_page", child_id=child_id))
    return _branch_page(child_id, link=url_for("links.new_password", secret=secret, _external=True))


@network.post("/network/<child_id>/move")
@needs(Right.NETWORK)
def move(child_id: str) -> Response | tuple[str, int]:
    """Put it under another one."""
    act, parent_id = doing(), request.form.get("parent_id", "")
    _must_be_below(child_id)
    try:
        before = write(lambda tx: tree.move(tx, act, child_id, parent_id))
    except InputError as refused:
        return _branch_page(child_id, str(refused)), 422
    undo = url_for("network.put_back", child_id=child_id, parent_id=before) if before not in {None, parent_id} else ""
    say(_("It stands there now, with all below it."), undo_url=undo)
    return redirect(url_for("network.branch_page", child_id=child_id))


@network.post("/network/<child_id>/move/<parent_id>")
@needs(Right.NETWORK)
def put_back(child_id: str, parent_id: str) -> Response | tuple[str, int]:
    """Undo of moving."""
    act = doing()
    return _done(child_id, lambda tx: tree.move(tx, act, child_id, parent_id) is not None, _("It stands there now."))


@network.post("/network/<child_id>/close")
@needs(Right.NETWORK)
def close(child_id: str) -> Response | tuple[str, int]:
    """Close it."""
    act, undo = doing(), url_for("network.reopen", child_id=child_id)
    return _done(child_id, lambda tx: tree.close(tx, act, child_id), _("It is closed."), undo)


@network.post("/network/<child_id>/open")
@needs(Right.NETWORK)
def reopen(child_id: str) -> Response | tuple[str, int]:
    """Open it again."""
    act = doing()
    return _done(child_id, lambda tx: tree.reopen(tx, act, child_id), _("It is open again."))


def _done(
    child_id: str, work: Callable[[Session], bool], sentence: str, undo_url: str = ""
) -> Response | tuple[str, int]:
    _must_be_below(child_id)
    try:
        there = write(work)
    except InputError as refused:
        return _branch_page(child_id, str(refused)), 422
    if there:
        say(sentence, undo_url=undo_url)
    return redirect(url_for("network.branch_page", child_id=child_id))


def _must_be_below(child_id: str) -> None:
    with read() as reader:
        if tree.branch_of(reader, actor().organisation_id, child_id) is None:
            abort(404)
