"""A condition on a campaign: who got its coupon, still holds it, or used the campaign."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, func, select
from typing_extensions import override

from backoffice.audiences.conditions.base import Condition, among
from backoffice.audiences.names import Names
from backoffice.audiences.scope import Scope
from backoffice.i18n import gettext as _
from backoffice.sync_api.models import Coupon, Receipt, Redemption


class OfCampaign(Condition, frozen=True, kw_only=True, tag="campaign"):
    """got: a coupon of the campaign was put on the card. holds: it is still open. used: a receipt was reduced by it."""

    campaign_id: str = ""
    what: Literal["got", "holds", "used"] = "got"

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        if self.what == "used":
            return among(self._users(scope))
        coupons = select(Coupon.member_id).where(
            Coupon.organisation_id == scope.organisation_id,
            Coupon.campaign_id == self.campaign_id,
            Coupon.medium == "card",
        )
        return among(coupons if self.what == "got" else coupons.where(Coupon.state == "open"))

    @staticmethod
    def _same_receipt() -> ColumnElement[bool]:
        return and_(
            Receipt.organisation_id == Redemption.organisation_id,
            Receipt.workstation_id == Redemption.workstation_id,
            Receipt.epoch == Redemption.epoch,
            Receipt.seq == Redemption.seq,
        )

    def _users(self, scope: Scope) -> Select[str]:
        """A void has negative uses: who took everything back is no user."""
        return (
            select(Receipt.member_id)
            .join(Redemption, self._same_receipt())
            .where(
                Redemption.organisation_id == scope.organisation_id,
                Redemption.campaign_id == self.campaign_id,
                Receipt.member_id != "",
            )
            .group_by(Receipt.member_id)
            .having(func.sum(Redemption.uses) > 0)
        )

    @override
    def sentence(self, names: Names) -> str:
        name = names.campaigns.get(self.campaign_id, self.campaign_id)
        said = {
            "got": _("got the coupon of “%(campaign)s”", campaign=name),
            "holds": _("still holds the coupon of “%(campaign)s”", campaign=name),
            "used": _("used “%(campaign)s”", campaign=name),
        }
        return said[self.what]

    @override
    def problem(self) -> str:
        return "" if self.campaign_id else _("Choose a campaign.")
