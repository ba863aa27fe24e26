"""Pages of tills: their state, making one known by a code, and the nightly comparisons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.organisations.services import create_store, stores_of
from backoffice.sync_api.card_move_list import open_moves
from backoffice.sync_api.card_right_list import open_rights
from backoffice.sync_api.doubles import doubles
from backoffice.sync_api.enrolment import create_enrolment_code
from backoffice.sync_api.lives import go_on_without, owing_tills
from backoffice.sync_api.publishing import publications, publish_again
from backoffice.sync_api.quarantine import kept_uploads
from backoffice.sync_api.reconciliation import differences_of, missing_reconciliations, reconciliations
from backoffice.sync_api.right_report import free_held_back, held_back_by_till
from backoffice.sync_api.till_keys import confirm_key, knows_key, refuse_key
from backoffice.sync_api.tills import revoke, till_states
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.csv_out import csv_response
from backoffice.web.format import number
from backoffice.web.headers import with_etag
from backoffice.web.templating import say
from backoffice.worker.services import last_runs

tills = Blueprint("tills", __name__, template_folder="templates")

ONLINE_SECONDS: Final = 60
"""A till reports every few seconds; silent for longer than this, it is shown as off line."""

CARDS_COUNTED: Final = 1_000
"""Moves on cards in doubt that are counted; the page about them says which."""


def _values() -> dict[str, Any]:
    organisation_id = actor().organisation_id
    with read() as reader:
        stores = stores_of(reader, organisation_id)
        return {
            "tills": till_states(reader, organisation_id),
            "stores": stores,
            "store_names": {store.store_id: store.name for store in stores},
            "now": office().clock.now(),
            "online_after": office().clock.now() - timedelta(seconds=ONLINE_SECONDS),
            "quarantine": kept_uploads(reader, organisation_id),
            "publications": publications(reader, organisation_id),
        }


@tills.get("/tills")
@needs(Right.READ)
def till_list() -> str:
    """Every till and store; and making a code for a new till."""
    return render_template("tills/list.html", **_values(), code="", error="")


@tills.get("/tills/live")
@needs(Right.READ)
def till_live() -> Response:
    """The rows of the tills, for polling; 304 while nothing changes."""
    return with_etag(render_template("tills/rows.html", **_values()))


@tills.get("/tills.csv")
@needs(Right.EXPORT)
def till_csv() -> Response:
    """The tills with their state."""
    values = _values()
    header = (
        "till",
        "store",
        "state",
        "last_seen_at",
        "newest_set",
        "received_set",
        "active_set",
        "outbox",
        "clock_ms",
    )
    rows = [
        (
            till.name,
            values["store_names"].get(till.store_id, till.store_id),
            till.state,
            till.last_seen_at.isoformat() if till.last_seen_at else "",
            till.newest_set_version,
            till.received_set_version,
            till.active_set_version,
            till.outbox_count,
            till.clock_offset_ms,
        )
        for till in values["tills"]
    ]
    return csv_response("tills.csv", header, rows)


@tills.post("/tills/codes")
@needs(Right.TILLS)
def enrolment_code() -> str | tuple[str, int]:
    """Make a single-use code for a till and show it, once."""
    acting = doing()
    store_id, name = request.form.get("store_id", ""), request.form.get("name", "")

    def work(tx: Any) -> str:  # noqa: ANN401 - a Session
        code = create_enrolment_code(tx, acting.clock, acting.organisation_id, store_id, name)
        acting.note(tx, "enrolment_code_made", "store", store_id, name)
        return code

    try:
        code = write(work)
    except InputError as refused:
        return render_template("tills/list.html", **_values(), code="", error=str(refused)), 422
    return render_template("tills/list.html", **_values(), code=code, error="", url=request.url_root.rstrip("/"))


@tills.post("/tills/sets/<int:set_version>/again")
@needs(Right.CAMPAIGNS)
def set_again(set_version: int) -> Response:
    """Undo: publish what an earlier version held, under a new number. Tills take it over like any other."""
    acting = doing()
    with read() as reader:
        if set_version not in {each.set_version for each in publications(reader, acting.organisation_id)}:
            abort(404)

    def work(tx: Any) -> int:  # noqa: ANN401 - a Session
        report = publish_again(tx, acting.clock, acting.organisation_id, set_version)
        acting.note(tx, "set_published_again", "set", str(report.set_version), str(set_version))
        return report.set_version

    say(_("Version %(old)s is published again, as version %(new)s.", old=set_version, new=write(work)))
    return redirect(url_for("tills.till_list"))


@tills.post("/tills/keys/<key_id>/confirm")
@needs(Right.TILLS)
def till_key_confirm(key_id: str) -> Response | tuple[str, int]:
    """Let the till in whose fingerprint was compared."""
    text = _("%(name)s is let in. It fetches members and campaigns by itself.", name="%(name)s")
    return _decide(key_id, confirm_key, "till_key_confirmed", text)


@tills.post("/tills/keys/<key_id>/refuse")
@needs(Right.TILLS)
def till_key_refuse(key_id: str) -> Response | tuple[str, int]:
    """Never let this key in."""
    text = _("The key of %(name)s was refused. Nobody comes in with it.", name="%(name)s")
    return _decide(key_id, refuse_key, "till_key_refused", text)


def _decide(key_id: str, decide: Callable[..., str], action: str, text: str) -> Response | tuple[str, int]:
    acting = doing()
    with read() as reader:
        if not knows_key(reader, acting.organisation_id, key_id):
            abort(404)

    def work(tx: Any) -> str:  # noqa: ANN401 - a Session
        workstation_id = decide(tx, acting.clock, acting.organisation_id, key_id, acting.actor)
        acting.note(tx, action, "till", workstation_id, key_id)
        return workstation_id

    try:
        workstation_id = write(work)
    except InputError as refused:
        return render_template("tills/list.html", **_values(), code="", error=str(refused)), 422
    say(text % {"name": workstation_id})
    return redirect(url_for("tills.till_list"))


@tills.post("/tills/<workstation_id>/revoke")
@needs(Right.TILLS)
def till_revoke(workstation_id: str) -> Response:
    """Accept nothing from a till any more. It is taken back by enrolling it again under its name."""
    acting = doing()
    with read() as reader:
        known = {till.workstation_id: till.name for till in till_states(reader, acting.organisation_id)}
    if workstation_id not in known:
        abort(404)

    def work(tx: Any) -> None:  # noqa: ANN401 - a Session
        revoke(tx, acting.organisation_id, workstation_id)
        acting.note(tx, "till_revoked", "till", workstation_id)

    write(work)
    say(
        _(
            "%(name)s is shut out. It goes on selling; to let it back in, enrol it again under its name.",
            name=known[workstation_id],
        )
    )
    return redirect(url_for("tills.till_list"))


@tills.post("/stores")
@needs(Right.TILLS)
def store_new() -> Response | tuple[str, int]:
    """Open a store."""
    acting = doing()
    name, zone = request.form.get("name", "").strip(), request.form.get("zone", "").strip()
    try:
        write(lambda tx: create_store(tx, acting.clock, acting.organisation_id, name, zone).store_id)
    except InputError as refused:
        return render_template("tills/list.html", **_values(), code="", error=str(refused)), 422
    say(_("The store %(name)s was added.", name=name))
    return redirect(url_for("tills.till_list"))


@tills.get("/reconciliation")
@needs(Right.READ)
def reconciliation_list() -> str:
    """The nightly comparisons, what is missing, what waits in quarantine, and coupons honoured twice."""
    organisation_id = actor().organisation_id
    with read() as reader:
        values = _values()
        yesterday = (office().clock.now() - timedelta(days=1)).date()
        return render_template(
            "tills/reconciliation.html",
            **values,
            rows=reconciliations(reader, organisation_id),
            differences={
                (row.workstation_id, row.business_day): differences_of(row)
                for row in reconciliations(reader, organisation_id)
            },
            missing=missing_reconciliations(reader, organisation_id, yesterday),
            till_names={till.workstation_id: till.name for till in values["tills"]},
            doubles=doubles(reader, organisation_id),
            owing=owing_tills(reader, organisation_id),
            held_back=held_back_by_till(reader, organisation_id),
            runs=last_runs(reader, organisation_id),
            cards_in_doubt=len(open_moves(reader, organisation_id, CARDS_COUNTED)),
            rights_in_doubt=len(open_rights(reader, organisation_id, CARDS_COUNTED)),
        )


@tills.get("/reconciliation.csv")
@needs(Right.EXPORT)
def reconciliation_csv() -> Response:
    """The nightly comparisons."""
    with read() as reader:
        rows = [
            (
                row.workstation_id,
                row.business_day.isoformat(),
                row.till_receipts,
                row.our_receipts,
                row.till_redemptions,
                row.our_redemptions,
                row.till_due_minor,
                row.our_due_minor,
                row.till_discount_minor,
                row.our_discount_minor,
                "yes" if row.agrees else "no",
                row.differences,
            )
            for row in reconciliations(reader, actor().organisation_id)
        ]
    names = ("receipts", "redemptions", "due_minor", "discount_minor")
    pairs = tuple(f"{side}_{name}" for name in names for side in ("till", "our"))
    return csv_response("reconciliation.csv", ("workstation", "business_day", *pairs, "agrees", "differences"), rows)


@tills.post("/tills/<workstation_id>/free-rights")
@needs(Right.TILLS)
def till_free_rights(workstation_id: str) -> Response:
    """A person vouches for a till: what it held before its power cut may be used elsewhere again."""
    acting = doing()
    try:
        freed = write(lambda tx: free_held_back(tx, acting, workstation_id))
    except InputError:
        abort(404)
    say(_("%(count)s units are free again.", count=number(freed)))
    return redirect(url_for("tills.reconciliation_list"))


@tills.post("/tills/<workstation_id>/go-on-without")
@needs(Right.TILLS)
def till_go_on_without(workstation_id: str) -> Response:
    """A person says that what this till holds since the copy need not be waited for."""
    acting = doing()
    try:
        write(lambda tx: go_on_without(tx, acting, workstation_id))
    except InputError:
        abort(404)
    say(_("This till is not waited for any more."))
    return redirect(url_for("tills.reconciliation_list"))
