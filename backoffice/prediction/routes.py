"""The page of predicted needs: how many vehicles are due for what, who they are, and how well that was foretold."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint, abort, render_template

from backoffice.i18n import gettext as _
from backoffice.identity.rights import Right
from backoffice.prediction import services
from backoffice.prediction.plan import USUAL_PLAN
from backoffice.prediction.words import interval_words, sentence
from backoffice.vault import vault_of
from backoffice.web.context import actor, needs, read
from backoffice.workshop.operation_words import FAMILY_WORDS
from backoffice.workshop.operations import Family
from backoffice.workshop.sealing import papers_of

needs_pages = Blueprint("needs", __name__, template_folder="templates")

WEEKS: Final = (0, 4, 8)
"""How far ahead vehicles are counted."""
LIST_ROWS: Final = 100
LIST_WEEKS: Final = 8


@needs_pages.get("/needs")
@needs(Right.READ)
def needs_page() -> str:
    """Counts by family, and the back-test."""
    with read() as reader:
        organisation_id = actor().organisation_id
        model = services.kept_model(reader, organisation_id)
        counts = [
            services.due_until(reader, organisation_id, model[0] + timedelta(weeks=weeks)) for weeks in WEEKS if model
        ]
    return render_template(
        "prediction/needs.html",
        model=model,
        counts=counts,
        weeks=WEEKS,
        words={family: _(name) for family, name in FAMILY_WORDS.items()},
        plan={family: interval_words(interval) for family, interval in USUAL_PLAN.items()},
        ahead=services.AHEAD_DAYS,
        events_min=services.EVENTS_MIN,
    )


@needs_pages.get("/needs/<family>")
@needs(Right.READ)
def needs_of_family(family: str) -> str:
    """The vehicles that are due for one family, who will most probably come first."""
    if family not in set(Family):
        abort(404)
    with read() as reader:
        organisation_id = actor().organisation_id
        model = services.kept_model(reader, organisation_id)
        if model is None:
            abort(404)
        due = model[0] + timedelta(weeks=LIST_WEEKS)
        vault = vault_of(reader)
        rows = [
            (need, sentence(need, model[0]), vehicle, papers_of(vault, vehicle))
            for need, vehicle in services.due_vehicles(reader, organisation_id, Family(family), due, LIST_ROWS)
        ]
    return render_template(
        "prediction/family.html",
        learnt=family in model[1].learnt,
        rows=rows,
        title=_(FAMILY_WORDS[Family(family)]),
        weeks=LIST_WEEKS,
        most=LIST_ROWS,
    )
