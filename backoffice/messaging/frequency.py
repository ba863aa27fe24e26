"""How often one member hears from an organisation: who had as much advertising lately as the rules allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.consent.kinds import Channel, Purpose
from backoffice.messaging.models import Dispatch, Mailing, SendingRules
from backoffice.messaging.rules import cap_of, rules_of


def contacted_enough(
    session: Session, organisation_id: str, channel: Channel, purpose: Purpose, now: datetime
) -> frozenset[str]:
    """Everybody to whom no more advertising goes by this channel now; nobody where `purpose` is none."""
    rules = rules_of(session, organisation_id)
    if not cap_of(rules, channel) or purpose is Purpose.SERVICE:
        return frozenset()
    return frozenset(session.scalars(_tired(organisation_id, rules, channel, now)))


def tired_members(
    session: Session, rules: SendingRules, mailing: Mailing, channel: Channel, ids: Sequence[str], now: datetime
) -> frozenset[str]:
    """Of some members, those who had as much advertising by this channel as the rules allow, in other mailings."""
    if not cap_of(rules, channel) or mailing.purpose == Purpose.SERVICE:
        return frozenset()
    query = _tired(mailing.organisation_id, rules, channel, now)
    others = query.where(Dispatch.member_id.in_(ids), Dispatch.mailing_id != mailing.mailing_id)
    return frozenset(session.scalars(others))


def _tired(organisation_id: str, rules: SendingRules, channel: Channel, now: datetime) -> Select[str]:
    query: Select[str] = (
        select(Dispatch.member_id)
        .join(
            Mailing,
            (Mailing.organisation_id == Dispatch.organisation_id) & (Mailing.mailing_id == Dispatch.mailing_id),
        )
        .where(
            Dispatch.organisation_id == organisation_id,
            Dispatch.channel == channel.value,
            Dispatch.handed_at > now - timedelta(days=rules.cap_days),
            Mailing.purpose != Purpose.SERVICE.value,
        )
        .group_by(Dispatch.member_id)
        .having(func.count() >= cap_of(rules, channel))
    )
    return query
