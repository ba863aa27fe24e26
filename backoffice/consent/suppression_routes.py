"""The page of blocked addresses: blocking one, asking about one, allowing one again."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.consent import labels, suppression
from backoffice.consent.kinds import Channel
from backoffice.consent.suppression import Block
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web.context import actor, doing, needs, read, write
from backoffice.web.templating import say

suppressions = Blueprint("suppressions", __name__, template_folder="templates")

ROWS_SHOWN: Final = 100


@suppressions.route("/blocked-addresses", methods=["GET", "POST"])
@needs(Right.READ)
def blocked_addresses() -> str | Response | tuple[str, int]:
    """What was blocked last, without the addresses themselves; a form to block, to ask and to allow again."""
    error = ""
    if request.method == "POST":
        if not actor().may(Right.MEMBERS):
            abort(403)
        try:
            say(_act(request.form.get("act", ""), request.form.get("address", "")))
        except InputError as refused:
            error = str(refused)
        else:
            return redirect(url_for("suppressions.blocked_addresses"))
    with read() as reader:
        page = render_template(
            "consent/blocked.html",
            rows=suppression.latest_blocks(reader, actor().organisation_id, ROWS_SHOWN),
            code_of=suppression.code_of,
            error=error,
            form=request.form,
        )
    return (page, 422) if error else page


def _act(act: str, address: str) -> str:
    """Do what the form asks, and say what was done. InputError."""
    try:
        channel = Channel(request.form.get("channel", ""))
    except ValueError as unknown:
        raise InputError(_("Choose a channel.")) from unknown
    made = doing()
    if act == "block":
        write(lambda tx: suppression.suppress(tx, made, channel, address, Block.OWN_BLOCK))
        return _("The address is blocked.")
    if act == "lift":
        write(lambda tx: suppression.lift(tx, made, channel, address))
        return _("The address may be written to again, where its member allows it.")
    with read() as reader:
        known = suppression.found(reader, made.organisation_id, channel, address)
        if known is None:
            return _("This address is not blocked.")
        return str(labels.REASONS[known.reason])
