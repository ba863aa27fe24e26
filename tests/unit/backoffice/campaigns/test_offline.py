"""What a campaign costs while the line is down stands in words before it is published."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from backoffice.campaigns.build import build_campaign
from backoffice.campaigns.form import CampaignForm
from backoffice.campaigns.offline import face_minor, has_rights, worst_loss_minor
from pos_engine.core.offline import Offline

FORM = CampaignForm(
    kind="coupon", reward="amount", amount_minor=500, starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 30)
)


def changed(**fields: object) -> CampaignForm:
    return msgspec.structs.replace(FORM, **fields)


@pytest.mark.parametrize(
    ("form", "face", "loss"),
    [
        (FORM, 500, 15 * 10 * 500),
        (changed(offline_purchases=3), 500, 15 * 3 * 500),
        (changed(uses_per_receipt=2), 1_000, 15 * 10 * 1_000),
        (changed(uses_per_receipt=2, discount_max_minor=700), 700, 15 * 10 * 700),
        (changed(amount_each=True), None, None),
        (changed(reward="percent", percent_bp=1_000), None, None),
        (changed(reward="percent", percent_bp=1_000, discount_max_minor=800), 800, 15 * 10 * 800),
        (changed(offline_purchases=0), 500, 0),
        (changed(offline="strict"), 500, None),
        (changed(offline="open"), 500, None),
        (changed(offline="card"), 500, 0),
    ],
)
def test_the_worst_loss_is_tills_times_purchases_times_face_value(
    form: CampaignForm, face: int | None, loss: int | None
) -> None:
    assert face_minor(form) == face
    assert worst_loss_minor(form, 15) == loss


def test_only_what_can_be_used_up_has_a_policy() -> None:
    assert has_rights(FORM)
    assert not has_rights(changed(kind="offer"))
    assert has_rights(changed(kind="offer", budget_minor=10_000))


def test_tills_are_told_the_policy() -> None:
    assert build_campaign(changed(offline="strict"), "c", 1).offline == Offline("strict", 10)
    assert build_campaign(changed(offline="card"), "c", 1).offline == Offline("card", 10)
    assert build_campaign(FORM, "c", 1).offline == Offline()
