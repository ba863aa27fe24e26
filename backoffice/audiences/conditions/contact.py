"""Conditions on how a member can be reached."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from backoffice.audiences.conditions.base import Condition, among
from backoffice.audiences.names import Names
from backoffice.audiences.reach import granted
from backoffice.audiences.scope import Scope
from backoffice.consent.kinds import Channel, Purpose
from backoffice.consent.labels import CHANNELS, PURPOSES
from backoffice.i18n import gettext as _
from backoffice.members.models import MemberTrait


class Allows(Condition, frozen=True, kw_only=True, tag="consent"):
    """Allows now to be written to by this channel for this purpose."""

    channel: Channel = Channel.EMAIL
    purpose: Purpose = Purpose.MARKETING

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return granted(scope, self.channel, self.purpose)

    @override
    def sentence(self, names: Names) -> str:
        return _("allows “%(purpose)s” by %(channel)s", purpose=PURPOSES[self.purpose], channel=CHANNELS[self.channel])


class HasAddress(Condition, frozen=True, kw_only=True, tag="address"):
    """Has an e-mail address, a phone number, a full postal address."""

    channel: Channel = Channel.EMAIL

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        mark = MemberTrait.__table__.c[f"{self.channel.value}_mark"]
        return among(
            select(MemberTrait.member_id).where(MemberTrait.organisation_id == scope.organisation_id, mark.is_not(None))
        )

    @override
    def sentence(self, names: Names) -> str:
        said = {
            Channel.EMAIL: _("has an e-mail address"),
            Channel.SMS: _("has a phone number"),
            Channel.PHONE: _("has a phone number"),
            Channel.LETTER: _("has a postal address"),
        }
        return said[self.channel]
