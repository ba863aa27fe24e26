"""A campaign's own audience on its page: the builder of conditions, in words, and where people are lost on the way."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from backoffice.audiences.inputs import KINDS, options_of
from backoffice.audiences.parse import ROOT
from backoffice.audiences.waterfall import Waterfall
from backoffice.audiences.words import STEPS
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.giving import resolved
from backoffice.campaigns.names import Names
from backoffice.errors import InputError
from backoffice.web.context import actor, office
from backoffice.web.format import language


def builder_values(reader: Session, form: CampaignForm, focus: str = "") -> dict[str, Any]:
    """What the builder of the campaign's own conditions needs; names are those of conditions, not of the form."""
    names = form.audience_tree.names(reader, actor().organisation_id)
    return {
        "tree": form.audience_tree,
        "names": names,
        "kinds": KINDS,
        "options": options_of(names),
        "path": ROOT,
        "focus": focus,
    }


def own_words(reader: Session, form: CampaignForm) -> str:
    """The campaign's own conditions, a line each; empty where it has none."""
    if form.kind != "coupon" or not form.audience_own:
        return ""
    tree = form.audience_tree
    return tree.in_words(language(), tree.names(reader, actor().organisation_id))


def reach_values(reader: Session, form: CampaignForm, names: Names) -> dict[str, Any]:
    """Who would get the coupon now, step by step, with what keeps it from being said; `reach` None: nothing to say."""
    known = all(not each or each in names.segments for each in (form.audience_segment, form.audience_not_segment))
    found: Waterfall | None = None
    error = ""
    if form.kind == "coupon" and form.has_audience and known:
        try:
            _tree, found = resolved(reader, actor().organisation_id, form, office().clock.now(), "preview")
        except InputError as refused:
            error = str(refused)
    return {"reach": found, "reach_error": error, "audience_steps": STEPS, "own_words": own_words(reader, form)}
