"""What a campaign accepts while tills have no line, and what that can cost: words to be read before publishing."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.campaigns.form import CampaignForm
from backoffice.i18n import gettext as _
from backoffice.sync_api.models import Workstation
from backoffice.web.format import money, number


def has_rights(form: CampaignForm) -> bool:
    """Whether the campaign gives anything that can be used up: coupons, limits of uses, a budget."""
    limited = form.uses_per_member or form.uses_total or form.budget_minor
    return form.kind != "offer" or bool(limited)


def tills_of(session: Session, organisation_id: str, form: CampaignForm) -> int:
    """Tills in use in the stores of the campaign."""
    query = select(func.count()).where(Workstation.organisation_id == organisation_id, Workstation.state == "active")
    if form.store_ids:
        query = query.where(Workstation.store_id.in_(form.store_ids))
    return session.execute(query).scalar_one()


def face_minor(form: CampaignForm) -> int | None:
    """What one purchase can take off at most, in minor units; None when the form does not bound it."""
    if form.reward == "amount" and not form.amount_each:
        face = (form.amount_minor or 0) * (form.uses_per_receipt or 1)
        return min(face, form.discount_max_minor or face)
    if form.reward == "ladder" and form.steps and not form.steps_repeat:
        return min(form.steps[-1].amount_minor, form.discount_max_minor or form.steps[-1].amount_minor)
    return form.discount_max_minor


def worst_loss_minor(form: CampaignForm, tills: int) -> int | None:
    """What each outage can cost at most: tills times purchases times face value. None: no limit, or not known."""
    if form.offline == "card":
        return 0
    face = face_minor(form)
    return None if form.offline != "bounded" or face is None else tills * form.offline_purchases * face


def offline_sentences(form: CampaignForm, tills: int, currency: str) -> list[str]:
    """The policy and its price; nothing for a campaign without anything that can be used up."""
    if not has_rights(form):
        return []
    if form.offline == "strict":
        return [
            _(
                "Never used twice: a till without a line accepts only what it holds the right to, "
                "and asks a few honest customers to come again."
            )
        ]
    if form.offline == "open":
        return [_("A till without a line accepts whatever it does not know to be used. The loss has no limit.")]
    if form.offline == "card":
        return [
            _(
                "The member's chip card remembers what was used: every till decides exactly, also without a line, "
                "while the card lies on its reader. Worst loss each time the line is down: %(loss)s.",
                loss=money(0, currency),
            ),
            _(
                "With any other card, for coupons on paper and for what all customers share, "
                "a till without a line accepts only what it holds the right to."
            ),
        ]
    purchases = number(form.offline_purchases)
    first = _("A till without a line accepts up to %(count)s purchases that it cannot check.", count=purchases)
    loss, face = worst_loss_minor(form, tills), face_minor(form)
    if loss is None or face is None:
        second = _("What that costs at worst cannot be said in money: state a maximum per receipt under Limits.")
    else:
        second = _(
            "Worst loss each time the line is down: %(tills)s tills with %(count)s purchases of %(face)s: %(loss)s. "
            "Every double use is reported with both receipts; no customer is charged later.",
            tills=number(tills),
            count=purchases,
            face=money(face, currency),
            loss=money(loss, currency),
        )
    return [first, second]
