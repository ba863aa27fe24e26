"""What a receipt does to coupons and limits, as counters that outlive the receipt itself.

Law: a void takes back exactly what its sale did; applied to the same journal, both together leave no trace here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from pos_engine.core.outcome import Outcome
from pos_engine.journal.engine import Connection
from pos_engine.wire.sync import IssuedCoupon, ReceiptDocument

_ENCODER = msgspec.json.Encoder(order="deterministic")
_COUPON = msgspec.json.Decoder(IssuedCoupon)


@dataclass(frozen=True)
class Used:
    """How much of an offer was used: by everybody, and by one member. Money in minor units."""

    total_uses: int = 0
    member_uses: int = 0
    discount_minor: int = 0


@dataclass(frozen=True)
class OwnCoupon:
    """A coupon this till gave out. `dead`: the receipt that gave it was voided."""

    coupon: IssuedCoupon
    dead: bool


def record(connection: Connection, receipt: ReceiptDocument, receipt_id: str, outcome: Outcome, undone_id: str) -> None:
    """Count a receipt. For a void, and for the return of a sale's last unit, `undone_id` names the sale."""
    for applied in outcome.applied:
        for member_id in {"", receipt.member_id}:
            connection.execute(
                "INSERT INTO offer_usage VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " uses = uses + excluded.uses, discount_minor = discount_minor + excluded.discount_minor",
                (receipt.organisation_id, applied.offer_id, member_id, applied.uses, applied.discount_minor),
            )
    if receipt.kind != "sale":
        key = (receipt.organisation_id, undone_id)
        connection.execute("DELETE FROM coupon_redemptions WHERE organisation_id = ? AND receipt_id = ?", key)
        connection.execute("UPDATE issued_coupons SET dead = 1 WHERE organisation_id = ? AND receipt_id = ?", key)
        return
    connection.executemany(
        "INSERT INTO coupon_redemptions VALUES (?, ?, ?)",
        [
            (receipt.organisation_id, coupon_id, receipt_id)
            for coupon_id in {c for applied in outcome.applied for c in applied.redeemed_coupon_ids}
        ],
    )
    connection.executemany(
        "INSERT INTO issued_coupons (organisation_id, coupon_id, receipt_id, member_id, body) VALUES (?, ?, ?, ?, ?)",
        [
            (receipt.organisation_id, coupon.coupon_id, receipt_id, coupon.member_id, _ENCODER.encode(coupon))
            for coupon in receipt.issued_coupons
        ],
    )


def redeemed_by(connection: Connection, organisation_id: str, coupon_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Per coupon, this till's own receipts that redeemed it."""
    found: dict[str, frozenset[str]] = {}
    for coupon_id in coupon_ids:
        rows = connection.execute(
            "SELECT receipt_id FROM coupon_redemptions WHERE organisation_id = ? AND coupon_id = ?",
            (organisation_id, coupon_id),
        )
        found[coupon_id] = frozenset(row[0] for row in rows)
    return found


def used(connection: Connection, organisation_id: str, offer_ids: Iterable[str], member_id: str) -> Mapping[str, Used]:
    """What this till's receipts used of these offers; offers never used are left out."""
    rows = connection.execute(
        "SELECT offer_id, sum(CASE WHEN member_id = '' THEN uses ELSE 0 END),"
        " sum(CASE WHEN member_id <> '' THEN uses ELSE 0 END),"
        " sum(CASE WHEN member_id = '' THEN discount_minor ELSE 0 END) FROM offer_usage"
        " WHERE organisation_id = ? AND member_id IN ('', ?) AND offer_id IN (SELECT value FROM json_each(?))"
        " GROUP BY offer_id",
        (organisation_id, member_id, json_list(offer_ids)),
    )
    return {row[0]: Used(*row[1:]) for row in rows}


def json_list(values: Iterable[str]) -> str:
    """Values as one statement parameter, for SQLite's json_each."""
    return msgspec.json.encode(list(values)).decode()


def own_coupon(connection: Connection, organisation_id: str, coupon_id: str) -> OwnCoupon | None:
    """A coupon that this till gave out, whether or not the back-office knows of it yet."""
    row = connection.execute(
        "SELECT body, dead FROM issued_coupons WHERE organisation_id = ? AND coupon_id = ?",
        (organisation_id, coupon_id),
    ).fetchone()
    return None if row is None else OwnCoupon(_COUPON.decode(row[0]), bool(row[1]))


def own_coupons_of(connection: Connection, organisation_id: str, member_id: str) -> tuple[IssuedCoupon, ...]:
    """Card-held coupons that this till gave to a member and that are not dead."""
    rows = connection.execute(
        "SELECT body FROM issued_coupons WHERE organisation_id = ? AND member_id = ? AND dead = 0",
        (organisation_id, member_id),
    )
    coupons = (_COUPON.decode(row[0]) for row in rows)
    return tuple(coupon for coupon in coupons if coupon.medium == "card")
