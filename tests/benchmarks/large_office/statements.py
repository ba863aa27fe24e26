"""The statements that fill a large office, in words both databases know; `<…>` stands for what they say differently."""

from __future__ import annotations

from typing import Final

NUMBERS: Final = (
    "WITH RECURSIVE numbers(i) AS (SELECT CAST(:a AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < :b) "
)
"""From :a to :b, one after the other."""

SQLITE: Final = {
    "hex": "printf('%012x', {})",
    "till": "printf('%02d', {})",
    "day": "date({}, 'unixepoch')",
    "instant": "strftime('%Y-%m-%d %H\\:%M\\:%S.000000', {}, 'unixepoch')",
    "bytes": "zeroblob(:raw)",
}
POSTGRESQL: Final = {
    "hex": "lpad(to_hex({}), 12, '0')",
    "till": "lpad(CAST({} AS TEXT), 2, '0')",
    "day": "CAST(to_timestamp({}) AT TIME ZONE 'UTC' AS DATE)",
    "instant": "to_timestamp({})",
    "bytes": "decode(repeat('00', :raw), 'hex')",
}

_MEMBER: Final = "'019b0000-0000-7000-8000-' || <hex:(i * 7919) % :m>"
_CLOSED: Final = "CAST(:base + i * :span / :n AS BIGINT)"
_VALUE: Final = "(200 + i * 37 % 2000)"
_DISCOUNT: Final = f"(CASE WHEN i % 5 = 0 THEN {_VALUE} / 10 ELSE 0 END)"
_KEY: Final = ":o, 'large-' || <till:i % 40>, 1, i / 40 + 1"
_CAMPAIGN: Final = "CASE i % 3 WHEN 0 THEN :c0 WHEN 1 THEN :c1 ELSE :c2 END"
_PRODUCT: Final = (
    "CASE i % 8 WHEN 0 THEN '5001' WHEN 1 THEN '2004' WHEN 2 THEN '7003' WHEN 3 THEN '4002' WHEN 4 THEN '2001' "
    "WHEN 5 THEN '4103' WHEN 6 THEN '4001' ELSE '2002' END"
)

RECEIPTS: Final = f"""
INSERT INTO receipt (organisation_id, workstation_id, epoch, seq, sha256, raw, store_id, business_day, sequence_no,
  sale_ref, kind, member_id, card_id, operator, set_version, closed_at_claimed, closed_at, received_at, clock_suspect,
  total_value_minor, total_discount_minor, total_due_minor)
SELECT {_KEY}, '', <bytes>, :s, <day:{_CLOSED}>, i / 40 + 1, 'sale-' || i, 'sale',
  CASE WHEN i % 5 < 3 THEN {_MEMBER} ELSE '' END, CASE WHEN i % 5 < 3 THEN 'card' ELSE '' END,
  'operator-' || (i / 40 % 3), 1, <instant:{_CLOSED}>, <instant:{_CLOSED}>, <instant:{_CLOSED}>, FALSE,
  {_VALUE}, {_DISCOUNT}, {_VALUE} - {_DISCOUNT}
FROM numbers
"""
LINES: Final = f"""
INSERT INTO receipt_line (organisation_id, workstation_id, epoch, seq, line_id, product_id, name, quantity,
  value_minor, discount_minor, due_minor, vat_bp)
SELECT {_KEY}, '1', {_PRODUCT}, 'Something to eat', 1, {_VALUE}, {_DISCOUNT}, {_VALUE} - {_DISCOUNT}, 700 FROM numbers
"""
REDEMPTIONS: Final = f"""
INSERT INTO redemption (organisation_id, workstation_id, epoch, seq, campaign_id, campaign_version, offer_id, uses,
  discount_minor, touched_value_minor, coupon_ids)
SELECT {_KEY}, {_CAMPAIGN}, 1, 'offer', 1, {_DISCOUNT}, {_VALUE}, '[]' FROM numbers WHERE i % 5 = 0
"""
COUPONS: Final = f"""
INSERT INTO coupon (organisation_id, coupon_id, series_id, campaign_id, member_id, medium, state, valid_from,
  valid_until, uses_total, issued_at, issued_by, redeemed_by)
SELECT :o, 'coupon-' || i, 'series', :c0, {_MEMBER}, 'card', CASE WHEN i % 3 = 0 THEN 'redeemed' ELSE 'open' END,
  NULL, NULL, 1, <instant:{_CLOSED}>, '', '[]' FROM numbers WHERE i % 50 = 0
"""
GROUPS: Final = """
INSERT INTO member_in_group (organisation_id, member_id, group_id)
SELECT :o, '019b0000-0000-7000-8000-' || <hex:i>, CASE i % 4 WHEN 0 THEN :g0 ELSE :g1 END FROM numbers WHERE i % 2 = 0
"""
CONSENTS: Final = """
INSERT INTO consent_entry (organisation_id, entry_id, member_id, channel, purpose, decision, basis, source, actor,
  given_at, recorded_at)
SELECT :o, 'entry-' || i, '019b0000-0000-7000-8000-' || <hex:i>, 'email', 'marketing', 'granted', 'consent', 'paper',
  'import', <instant:CAST(:base AS BIGINT)>, <instant:CAST(:base AS BIGINT)> FROM numbers WHERE i % 3 > 0
"""
