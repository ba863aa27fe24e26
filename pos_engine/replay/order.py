"""A trial as bytes: other processes and machines get documents, never objects of the compiled core."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from pos_engine.core.campaign import Campaign
from pos_engine.replay.draft import Trial
from pos_engine.replay.meter import Given
from pos_engine.wire.campaigns import decode_campaign, encode_campaign
from pos_engine.wire.documents import decode_tariff, encode


class _Order(msgspec.Struct, frozen=True):
    drafts: tuple[bytes, ...]
    running: tuple[bytes, ...]
    tariff: bytes
    holders: dict[str, tuple[str, ...] | None]
    restart_days: int | None
    last_day: int


def bytes_of(trial: Trial) -> bytes:
    """A trial for somewhere else; the same one is the same bytes."""

    def encoded(campaigns: Iterable[Campaign]) -> tuple[bytes, ...]:
        return tuple(encode_campaign(campaign) for campaign in campaigns)

    holders = {
        series: None if members is None else tuple(sorted(members)) for series, members in trial.given.holders.items()
    }
    return msgspec.msgpack.encode(
        _Order(
            encoded(trial.drafts),
            encoded(trial.running),
            encode(trial.tariff),
            holders,
            trial.restart_days,
            trial.last_day.toordinal(),
        )
    )


def trial_of(raw: bytes) -> Trial:
    """The trial out of its bytes."""
    order = msgspec.msgpack.decode(raw, type=_Order)
    return Trial(
        tuple(decode_campaign(body) for body in order.drafts),
        tuple(decode_campaign(body) for body in order.running),
        decode_tariff(order.tariff),
        Given({s: None if members is None else frozenset(members) for s, members in order.holders.items()}),
        order.restart_days,
        date.fromordinal(order.last_day),
    )
