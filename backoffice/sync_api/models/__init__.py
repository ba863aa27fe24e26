"""The tables of sync."""

from __future__ import annotations

from backoffice.sync_api.models.card_moves import CardMove
from backoffice.sync_api.models.card_rights import CardRight, CardRightUnits
from backoffice.sync_api.models.changes import ChangeCounter, ChangeRow
from backoffice.sync_api.models.coupons import Coupon, CouponRedemption, OfferUsage, OfferUsageDay
from backoffice.sync_api.models.lives import OfficeLife, RightOwing
from backoffice.sync_api.models.receipts import Quarantine, Receipt, ReceiptLine, Redemption, ReturnedUnit
from backoffice.sync_api.models.rights import RightAccount, RightBorrower, RightLoan, RightUseRow
from backoffice.sync_api.models.tills import (
    CampaignSetRow,
    EnrolmentCode,
    Reconciliation,
    TillKey,
    UploadMark,
    Workstation,
)

__all__ = [
    "CampaignSetRow",
    "CardMove",
    "CardRight",
    "CardRightUnits",
    "ChangeCounter",
    "ChangeRow",
    "Coupon",
    "CouponRedemption",
    "EnrolmentCode",
    "OfferUsage",
    "OfferUsageDay",
    "OfficeLife",
    "Quarantine",
    "Receipt",
    "ReceiptLine",
    "Reconciliation",
    "Redemption",
    "ReturnedUnit",
    "RightAccount",
    "RightBorrower",
    "RightLoan",
    "RightOwing",
    "RightUseRow",
    "TillKey",
    "UploadMark",
    "Workstation",
]
