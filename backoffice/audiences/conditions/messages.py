"""Conditions on messages: who got a certain one, and who was written to lately."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from backoffice.audiences.conditions.base import DAYS_MAX, Condition, among
from backoffice.audiences.names import Names
from backoffice.audiences.scope import Scope
from backoffice.consent.kinds import Channel
from backoffice.consent.labels import CHANNELS
from backoffice.i18n import gettext as _
from backoffice.i18n import ngettext
from backoffice.messaging.models import Dispatch
from backoffice.messaging.sent import GOT

SENT_BY: Final = (Channel.EMAIL, Channel.SMS)


class GotMessage(Condition, frozen=True, kw_only=True, tag="message"):
    """Got a message, by whichever channel; what is in doubt counts as got."""

    mailing_id: str = ""

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        return among(
            select(Dispatch.member_id).where(
                Dispatch.organisation_id == scope.organisation_id,
                Dispatch.mailing_id == self.mailing_id,
                Dispatch.state.in_(GOT),
            )
        )

    @override
    def sentence(self, names: Names) -> str:
        return _("got the message “%(message)s”", message=names.mailings.get(self.mailing_id, self.mailing_id))

    @override
    def problem(self) -> str:
        return "" if self.mailing_id else _("Choose a message.")


class Contacted(Condition, frozen=True, kw_only=True, tag="contacted"):
    """Anything went out to the member within the last `days` times 24 hours, by one channel or by any."""

    channel: Literal["", "email", "sms"] = ""
    days: int = 30

    @override
    def where(self, scope: Scope) -> ColumnElement[bool]:
        channels = [self.channel] if self.channel else [each.value for each in SENT_BY]
        return among(
            select(Dispatch.member_id).where(
                Dispatch.organisation_id == scope.organisation_id,
                Dispatch.channel.in_(channels),
                Dispatch.handed_at >= scope.now - timedelta(days=self.days),
                Dispatch.state.in_(GOT),
            )
        )

    @override
    def sentence(self, names: Names) -> str:
        said = ngettext("was written to yesterday or today", "was written to in the last %(num)s days", self.days)
        return _("%(said)s, by %(channel)s", said=said, channel=CHANNELS[self.channel]) if self.channel else said

    @override
    def problem(self) -> str:
        return "" if 0 < self.days <= DAYS_MAX else _("A number of days lies between 1 and %(max)s.", max=DAYS_MAX)
