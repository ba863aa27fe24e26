"""Pages of webhooks: receivers, what they are told, how each telling went."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.templating import say
from backoffice.webhooks import services
from backoffice.webhooks.kinds import EventKind
from backoffice.webhooks.models import WebhookSubscription

webhooks = Blueprint("webhooks", __name__, template_folder="templates")

SHOWN: Final = 100
EVENT_WORDS: Final = {
    "member.created": _l("A member was added"),
    "member.changed": _l("A member was changed"),
    "member.merged": _l("Two members became one"),
    "member.erased": _l("A member was erased"),
    "card.blocked": _l("A card was blocked"),
    "points.posted": _l("Points, stamps or stored value were booked"),
    "coupon.redeemed": _l("A coupon was redeemed"),
    "consent.changed": _l("A consent was given or taken back"),
    "campaign.published": _l("A campaign was published"),
    "approval.changed": _l("Something was submitted, approved or refused"),
    "campaign.budget": _l("A campaign has used up four fifths of its budget, or all of it"),
    "test": _l("A test"),
}
PROBLEM_WORDS: Final = {
    "no_such_host": _l("there is no such host"),
    "forbidden_address": _l("the address leads inside; that is not allowed"),
    "not_reached": _l("nobody answers there"),
    "not_trusted": _l("its certificate is not good"),
    "too_slow": _l("no answer within ten seconds"),
    "no_http": _l("the answer was no HTTP"),
    "refused": _l("refused"),
    "gone": _l("the receiver wants nothing any more (410)"),
    "stopped": _l("given up, because the receiver was stopped"),
}
STOPPED_WORDS: Final = {
    "by_staff": _l("stopped by hand"),
    "failed_too_long": _l("stopped after five days of failures"),
    "gone": _l("the receiver wants nothing any more (410)"),
}


@webhooks.app_context_processor
def _notice() -> dict[str, object]:
    """The overview says that a receiver was stopped."""
    return {"stopped_webhooks": _stopped}


def _stopped() -> int:
    with read() as reader:
        return services.stopped_by_failures(reader, actor().organisation_id)


@webhooks.route("/webhooks", methods=["GET", "POST"])
@needs(Right.PROGRAMS)
def webhook_list() -> str | tuple[str, int]:
    """Receivers; making one, whose secret is shown once."""
    error, secret = "", ""
    if request.method == "POST":
        act = doing()
        chosen = [kind for kind in EventKind if kind.value in request.form.getlist("events")]
        url, inside = request.form.get("url", ""), office().settings.webhooks_inside
        try:
            _id, secret = write(lambda tx: services.subscribe(tx, act, url, chosen, inside=inside))
        except InputError as refused:
            error = str(refused)
    with read() as reader:
        rows = services.subscriptions_of(reader, actor().organisation_id)
    page = render_template(
        "webhooks/list.html",
        rows=rows,
        kinds=list(EventKind),
        words=EVENT_WORDS,
        stopped=STOPPED_WORDS,
        secret=secret,
        error=error,
        form=request.form if error else {},
        ticked=request.form.getlist("events") if error else [],
    )
    return (page, 422) if error else page


@webhooks.get("/webhooks/<subscription_id>")
@needs(Right.PROGRAMS)
def webhook_page(subscription_id: str) -> str:
    """One receiver with its latest deliveries."""
    row = _own_or_404(subscription_id)
    with read() as reader:
        deliveries = services.deliveries_of(reader, row.organisation_id, subscription_id, SHOWN)
    return render_template(
        "webhooks/page.html",
        row=row,
        deliveries=deliveries,
        words=EVENT_WORDS,
        problems=PROBLEM_WORDS,
        stopped=STOPPED_WORDS,
    )


@webhooks.post("/webhooks/<subscription_id>/<act>")
@needs(Right.PROGRAMS)
def webhook_act(subscription_id: str, act: str) -> Response:
    """Send a test, stop, take up again, or take away."""
    _own_or_404(subscription_id)
    deed = doing()
    if act == "test":
        write(lambda tx: services.send_test(tx, deed, subscription_id))
        say(_("A test is on its way; look here again in a few seconds."))
    elif act == "stop":
        write(lambda tx: services.stop(tx, deed, subscription_id, services.BY_STAFF))
        say(_("This receiver is told nothing more."))
    elif act == "take-up":
        write(lambda tx: services.take_up(tx, deed, subscription_id))
        say(_("This receiver is told again of what happens from now on."))
    elif act == "remove":
        write(lambda tx: services.remove(tx, deed, subscription_id))
        say(_("The receiver was taken away."))
        return redirect(url_for("webhooks.webhook_list"))
    else:
        abort(404)
    return redirect(url_for("webhooks.webhook_page", subscription_id=subscription_id))


@webhooks.post("/webhooks/<subscription_id>/deliveries/<event_id>/again")
@needs(Right.PROGRAMS)
def webhook_again(subscription_id: str, event_id: str) -> Response:
    """Send one delivery again."""
    _own_or_404(subscription_id)
    deed = doing()
    if not write(lambda tx: services.send_again(tx, deed, subscription_id, event_id)):
        abort(404)
    say(_("It is sent again; look here again in a few seconds."))
    return redirect(url_for("webhooks.webhook_page", subscription_id=subscription_id))


def _own_or_404(subscription_id: str) -> WebhookSubscription:
    with read() as reader:
        row = services.get_subscription(reader, actor().organisation_id, subscription_id)
    if row is None:
        abort(404)
    return row
