"""Choosing the language and the organisation of one's own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from backoffice.identity.rights import Right
from backoffice.web.access import public
from backoffice.web.context import CHOSEN_ORGANISATION, needs
from backoffice.web.locales import CHOSEN_LANGUAGE, PAGE_LANGUAGES

identity = Blueprint("identity", __name__, template_folder="templates")


def _back() -> Response:
    """Where the browser came from, if that was one of our own pages."""
    referrer = urlsplit(request.referrer or "")
    own = referrer.netloc == request.host and referrer.path.startswith("/") and not referrer.path.startswith("//")
    return redirect(referrer.path if own else url_for("reports.overview"))


@identity.post("/language")
@public("the language of the sign-in page")
def choose_language() -> Response:
    """Remember the language of the pages; for people who have not signed in yet too."""
    wanted = request.form.get("language", "")
    if wanted in PAGE_LANGUAGES:
        session[CHOSEN_LANGUAGE] = wanted
    return _back()


@identity.post("/organisation")
@needs(Right.READ, own_account=True)
def choose_organisation() -> Response:
    """Open another organisation that the user has a role in."""
    wanted = request.form.get("organisation_id", "")
    if wanted not in {organisation.organisation_id for organisation, _role in g.grants}:
        abort(403)
    session[CHOSEN_ORGANISATION] = wanted
    return redirect(url_for("reports.overview"))
