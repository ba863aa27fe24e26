"""Pages of the JSON interface: the owner's tokens, and what can be asked, in words."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from backoffice.api.openapi import PREFIX
from backoffice.api.problems import TITLES
from backoffice.api.rates import BURST_MAX, PER_SECOND
from backoffice.api.routes import OPERATIONS
from backoffice.api.scopes import Scope
from backoffice.api.tokens import LIVES_DAYS, make_token, revoke_token, tokens_of
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.web.access import public
from backoffice.web.context import actor, doing, needs, office, read, write
from backoffice.web.templating import say

api_staff = Blueprint("api_staff", __name__, template_folder="templates")


@api_staff.route("/api-tokens", methods=["GET", "POST"])
@needs(Right.PROGRAMS)
def token_list() -> str | tuple[str, int]:
    """Tokens with what they may do; making one, which is shown once."""
    error, made = "", ""
    if request.method == "POST":
        act = doing()
        chosen = [scope for scope in Scope if scope.value in request.form.getlist("scopes")]
        days = request.form.get("days", "")
        try:
            life = int(days) if days.isascii() and days.isdigit() and len(days) <= 3 else 0  # noqa: PLR2004 - of 365
            made = write(lambda tx: make_token(tx, act, request.form.get("name", ""), chosen, life))
        except InputError as refused:
            error = str(refused)
    with read() as reader:
        tokens = tokens_of(reader, actor().organisation_id)
    page = render_template(
        "api/tokens.html",
        tokens=tokens,
        scopes=list(Scope),
        lives=LIVES_DAYS,
        made=made,
        error=error,
        form=request.form if error else {},
        ticked=request.form.getlist("scopes") if error else [],
        now=office().clock.now(),
    )
    return (page, 422) if error else page


@api_staff.post("/api-tokens/<token_id>/revoke")
@needs(Right.PROGRAMS)
def token_revoke(token_id: str) -> Response:
    """End a token at once."""
    act = doing()
    if not write(lambda tx: revoke_token(tx, act, token_id)):
        abort(404)
    say(_("The token was revoked; no program gets in with it any more."))
    return redirect(url_for("api_staff.token_list"))


@api_staff.get("/api/docs")
@public("what can be asked is no secret; asking needs a token")
def docs() -> str:
    """Every operation, for people who write programs."""
    return render_template(
        "api/docs.html",
        operations=OPERATIONS,
        prefix=PREFIX,
        problems=TITLES,
        burst=BURST_MAX,
        per_second=int(PER_SECOND),
    )
