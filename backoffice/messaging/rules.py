"""An organisation's rules of sending: quiet hours, how often a member may hear from it, what a message costs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.consent.kinds import Channel
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.messaging.models import SendingRules

E4_PER_UNIT: Final = 10_000
CAP_MAX: Final = 1_000
CAP_DAYS_MAX: Final = 366
DIGITS_MAX: Final = 6
COST_E4_MAX: Final = 1_000 * E4_PER_UNIT


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
        letter_cost_e4=0,
    )


def cap_of(rules: SendingRules, channel: Channel) -> int:
    """Advertising messages that one member gets by this channel within `rules.cap_days`; 0: no limit."""
    return {Channel.EMAIL: rules.email_cap, Channel.SMS: rules.sms_cap}.get(channel, 0)


def cost_e4(rules: SendingRules, channel: Channel, segments: int) -> int:
    """What one message costs, in ten-thousandths of the currency's unit."""
    if channel is Channel.LETTER:
        return rules.letter_cost_e4
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


def save_rules(session: Session, doing: Doing, wanted: SendingRules) -> None:
    """Use these rules from now on. InputError: a number is out of its range."""
    for value in (wanted.email_cap, wanted.sms_cap):
        if not 0 <= value <= CAP_MAX:
            raise InputError(_("At most %(most)s messages.", most=CAP_MAX))
    if not 1 <= wanted.cap_days <= CAP_DAYS_MAX:
        raise InputError(_("Between 1 and %(most)s days.", most=CAP_DAYS_MAX))
    session.merge(wanted)
    doing.note(session, "sending_rules_changed", "organisation", doing.organisation_id)


def rules_from_form(form: Mapping[str, str], organisation_id: str) -> SendingRules:
    """The form's rules. InputError: a field is no time, number or amount."""
    return SendingRules(
        organisation_id=organisation_id,
        quiet_from_minute=_minute(form.get("quiet_from", "")),
        quiet_until_minute=_minute(form.get("quiet_until", "")),
        email_cap=_whole(form.get("email_cap", "")),
        sms_cap=_whole(form.get("sms_cap", "")),
        cap_days=_whole(form.get("cap_days", "")),
        email_cost_e4=_e4(form.get("email_cost", "")),
        sms_segment_cost_e4=_e4(form.get("sms_cost", "")),
        letter_cost_e4=_e4(form.get("letter_cost", "")),
    )


def form_of(rules: SendingRules) -> dict[str, str]:
    """The rules as the form shows them."""
    return {
        "quiet_from": f"{rules.quiet_from_minute // 60:02}:{rules.quiet_from_minute % 60:02}",
        "quiet_until": f"{rules.quiet_until_minute // 60:02}:{rules.quiet_until_minute % 60:02}",
        "email_cap": str(rules.email_cap),
        "sms_cap": str(rules.sms_cap),
        "cap_days": str(rules.cap_days),
        "email_cost": f"{Decimal(rules.email_cost_e4) / E4_PER_UNIT}",
        "sms_cost": f"{Decimal(rules.sms_segment_cost_e4) / E4_PER_UNIT}",
        "letter_cost": f"{Decimal(rules.letter_cost_e4) / E4_PER_UNIT}",
    }


def _minute(text: str) -> int:
    try:
        shown = time.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(_("Write a time like 20:00.")) from error
    return shown.hour * 60 + shown.minute


def _whole(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > DIGITS_MAX:
        raise InputError(_("Write a whole number."))
    return int(text)


def _e4(text: str) -> int:
    try:
        value = Decimal(text.strip().replace(",", ".") or "0") * E4_PER_UNIT
    except InvalidOperation as error:
        raise InputError(_("“%(text)s” is no amount.", text=text)) from error
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= COST_E4_MAX:
        raise InputError(_("“%(text)s” is no amount.", text=text))
    return int(value)
