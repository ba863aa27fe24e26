"""An organisation's rules of sending: quiet hours, how often a member may hear from it, what a message costs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel
from backoffice.messaging.models import SendingRules

MINUTES_PER_DAY: Final = 1_440
E4_PER_UNIT: Final = 10_000


def rules_of(session: Session, organisation_id: str) -> SendingRules:
    """The rules that hold; where none were set: quiet from 20:00 to 8:00, four e-mails and two SMS in 30 days."""
    known = session.get(SendingRules, (organisation_id,))
    return known or SendingRules(
        organisation_id=organisation_id,
        quiet_from_minute=20 * 60,
        quiet_until_minute=8 * 60,
        email_cap=4,
        sms_cap=2,
        cap_days=30,
        email_cost_e4=0,
        sms_segment_cost_e4=0,
    )


def cap_of(rules: SendingRules, channel: Channel) -> int:
    """Advertising messages that one member gets by this channel within `rules.cap_days`; 0: no limit."""
    return {Channel.EMAIL: rules.email_cap, Channel.SMS: rules.sms_cap}.get(channel, 0)


def cost_e4(rules: SendingRules, channel: Channel, segments: int) -> int:
    """What one message costs, in ten-thousandths of the currency's unit."""
    return rules.sms_segment_cost_e4 * segments if channel is Channel.SMS else rules.email_cost_e4


def quiet_until(rules: SendingRules, zone: str, now: datetime) -> datetime | None:
    """When the quiet hours that it is in end; None: it is not quiet now."""
    start, end = rules.quiet_from_minute, rules.quiet_until_minute
    local = now.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    inside = start <= minute < end if start <= end else minute >= start or minute < end
    if not inside:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = midnight.replace(hour=end // 60 % 24, minute=end % 60)
    # the wall clock's next such minute; a night in which clocks change is an hour longer or shorter
    return (ends if ends > local else ends + timedelta(days=1)).astimezone(now.tzinfo)
