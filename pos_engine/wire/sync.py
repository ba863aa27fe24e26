"""What travels between a till and the back-office, as typed documents: changes down, receipts up.

JSON on the wire, one version number in each. What both say at each contact is in `heartbeat.py`, what is signed in
`campaign_set.py`.

Wire laws: a field is only ever appended, with a default; hash and store the bytes as received; one bad item never
blocks the others; who does not understand a document says so with a code and never skips it silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from pos_engine.core.bookings import Booking
from pos_engine.core.returns import UnitPlace
from pos_engine.wire.card_came import CardCame

WIRE_VERSION = 1

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A count, sequence number or version: never negative, and exact in every JSON reader and every database."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with its offset from UTC; without one it would mean something else on each machine."""

Amount = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""Money in minor units, of either sign, exact in every JSON reader and every database."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Common head of every document. A field that the reader does not know yet is ignored: it was appended later."""

    wire_version: int = WIRE_VERSION


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the change feed.

    `entity`: member, card, coupon, product, offer_usage, balance, picture; cashier, counter_policy, member_mark
    (`wire/cashiers.py`).
    """

    position: int
    entity: str
    entity_id: str
    operation: Literal["put", "delete"]
    body: msgspec.Raw = msgspec.Raw(b"null")


class ChangePage(Envelope, frozen=True, kw_only=True):
    """Answer to GET changes: rows after the cursor in order of position. `more`: ask again at once.

    `office_life`: see HeartbeatAnswer; positions of one life mean nothing in another.
    """

    changes: tuple[Change, ...]
    next_cursor: int
    more: bool
    office_life: str = ""


class MemberBody(msgspec.Struct, frozen=True, kw_only=True):
    """A member as tills know one: no address, no year of birth; the name only for the cashier's greeting.

    Of the birthday month and day, 0 when unknown. `points` is what was known before there were balances. `number`: the
    shop's own number of the member, by which a cashier tells two with the same initials apart.
    """

    member_id: str
    display_name: str
    language: str = "en"
    groups: tuple[str, ...] = ()
    tier: str = ""
    points: int = 0
    segments: tuple[str, ...] = ()
    birth_month: int = 0
    birth_day: int = 0
    tier_name: str = ""
    number: str = ""


class TillPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a balance came from one till's receipts, in the newest epoch of that till that is in it."""

    workstation_id: str
    epoch: Count
    amount: Amount


class LentPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a balance is lent to one till, to be used there also while it is off line."""

    workstation_id: str
    amount: Amount


class PendingPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a balance can be used from a day on only."""

    usable_from: date
    amount: Amount


class BalanceBody(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a member as the back-office counts it: points, stamps, stored value, visits.

    A till takes its own part of its present epoch out and adds what its journal counts instead, so that nothing counts
    twice while the news is on its way. `last_on`: the newest business day with a receipt in it. `lent`: parts of the
    balance that only one till can use.
    """

    account_id: str
    unit: str
    balance: Amount
    as_of: Instant
    tills: tuple[TillPart, ...] = ()
    pending: tuple[PendingPart, ...] = ()
    last_on: date | None = None
    lent: tuple[LentPart, ...] = ()


class CardBody(msgspec.Struct, frozen=True, kw_only=True):
    """A card by its canonical id. A blocked card keeps its member so that the cashier can be told."""

    card_id: str
    member_id: str
    state: Literal["active", "blocked", "replaced"] = "active"


class CouponBody(msgspec.Struct, frozen=True, kw_only=True):
    """A serialised coupon: held by a member's card, or on paper with its code as id.

    `redeemed_by` names the receipts (`workstation:epoch:seq`) that redeemed it, and uses on a card that a person
    counted (`card:workstation:change:number`). What is left is `uses_total` minus the
    union of these and the till's own receipts, so that nothing counts twice while the news is on its way.
    """

    coupon_id: str
    series_id: str
    campaign_id: str
    member_id: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    uses_total: int = 1
    redeemed_by: tuple[str, ...] = ()


class DayUses(msgspec.Struct, frozen=True, kw_only=True):
    """Uses on one business day."""

    day: date
    uses: Amount


class OfferUsageBody(msgspec.Struct, frozen=True, kw_only=True):
    """How often one till's receipts used an offer, in all (`member_id` empty) and per member.

    A till adds the rows of the *other* workstations to what its own journal counts, so that nothing counts twice.
    `workstation_id` is empty for uses that are on no receipt: a card was in doubt, and a person counted them.
    `days`: of an offer that is limited per day, week or month, the uses of the last month's business days. A till that
    does not know the field yet counts its own uses of a period only.
    """

    offer_id: str
    member_id: str
    workstation_id: str
    uses: int
    discount_minor: int
    days: tuple[DayUses, ...] = ()


class ProductBody(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the shop's catalogue. Categories run from the widest to the narrowest.

    `lowest_price_minor`: no offer makes a piece cheaper than that; 0: there is no such price.
    """

    product_id: str
    name: str
    categories: tuple[str, ...] = ()
    vat_bp: int | None = None
    line_kind: str = "goods"
    department: str = ""
    brand: str = ""
    family: str = ""
    attributes: tuple[str, ...] = ()
    lowest_price_minor: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    """How a part of the sale was settled, in minor units."""

    kind: str
    amount_minor: int


class IssuedCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon that this receipt gave out for a later visit; on paper its code is its id."""

    coupon_id: str
    series_id: str
    campaign_id: str
    offer_id: str
    medium: Literal["paper", "card"]
    member_id: str = ""
    valid_from: date
    valid_until: date


class ToldBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What a member was told of one account: what this receipt changed, and the balance after it.

    `as_of`: when the back-office last counted it; None: it never did. `provisional`: the till was off line.
    """

    unit: str
    earned: Amount = 0
    used: Amount = 0
    balance: Amount = 0
    as_of: Instant | None = None
    provisional: bool = False


class RightUse(msgspec.Struct, frozen=True):
    """A receipt used so many units of a right (`pos_engine/rights`) of a campaign; a void gives them back, negative.

    `root`: the life to which the back-office lent them; empty: they rested on no lease, as the campaign allows.
    """

    right_id: str
    campaign_id: str
    units: Amount
    root: str = ""


class ReturnOf(msgspec.Struct, frozen=True, kw_only=True):
    """What a return takes back: units of one sale, of whichever till. Amounts are above zero, in minor units.

    `due_minor`: the sum over its VAT rows; `refund_minor`: with tax, as it was given back. `checked`: the back-office
    was asked before; without that two tills may take the same unit back, and the back-office tells.
    """

    original_id: str
    units: tuple[UnitPlace, ...]
    due_minor: Amount = 0
    refund_minor: Amount = 0
    checked: bool = True


class ReceiptDocument(Envelope, frozen=True, kw_only=True):
    """A closed sale with everything needed to evaluate it again: the unit of upload and of replay.

    Redemptions are inside `outcome`. `basket`, `member`, `usage`, `moment`, `outcome` are the core's documents as raw
    JSON, exactly as they were evaluated. Key on paper: store, workstation, business_day, sequence_no.
    `bookings`: what it does to the member's accounts; `balances`: what the member was told of them. `rights`: what it
    used of rights that are lent. A void mirrors its sale and has its `sale_ref`; a return has a reference of its own,
    and says in `returned` what it takes back. `account`: nothing was sold; it books on an account what was paid for or
    corrected at the counter, and its amounts are zero. `card_came`: of a sale with a member; None: an older till, or
    one that could not see it, as the register was done with the sale already.
    """

    organisation_id: str
    store_id: str
    workstation_id: str
    epoch: int
    seq: int
    business_day: date
    sequence_no: int
    kind: Literal["sale", "void", "return", "account"] = "sale"
    sale_ref: str
    closed_at: Instant
    boot_id: str
    monotonic_ms: int
    operator: str = ""
    member_id: str = ""
    card_id: str = ""
    set_version: int
    campaign_hashes: Mapping[str, str]
    tariff: msgspec.Raw
    basket: msgspec.Raw
    member: msgspec.Raw
    usage: msgspec.Raw
    moment: msgspec.Raw
    outcome: msgspec.Raw
    tenders: tuple[Tender, ...] = ()
    issued_coupons: tuple[IssuedCoupon, ...] = ()
    bookings: tuple[Booking, ...] = ()
    balances: tuple[ToldBalance, ...] = ()
    rights: tuple[RightUse, ...] = ()
    returned: ReturnOf | None = None
    card_came: CardCame | None = None


class UploadItem(msgspec.Struct, frozen=True, kw_only=True):
    """One outbox row: identity (workstation, epoch, seq), hash of the raw bytes, and the bytes as text."""

    epoch: Count
    seq: Count
    sha256: str
    raw: str


class BootStart(msgspec.Struct, frozen=True, kw_only=True):
    """When a run of the till's machine began by the back-office's clock, as the till learnt it during that run."""

    boot_id: str
    started_at: Instant


class UploadBatch(Envelope, frozen=True, kw_only=True):
    """At most 500 items or 1 MB before compression, in order of seq.

    `kept_from`: the lowest seq of this epoch that the till still has, 0 when it does not say; a back-office that came
    back from an old backup must not wait for what lies below.
    `boots`: earlier runs of the machine that were compared with the back-office's clock; a receipt of any other run has
    an uncertain time. None: an older till, or one in simulation mode, that does not say.
    """

    workstation_id: str
    sent_at: Instant
    monotonic_ms: Count
    boot_id: str
    items: tuple[UploadItem, ...]
    kept_from: Count = 0
    boots: tuple[BootStart, ...] | None = None


class ItemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item. `quarantined` means kept, not understood, and somebody was told."""

    epoch: int
    seq: int
    status: Literal["stored", "duplicate", "quarantined"]
    code: str = ""
    text: str = ""


class UploadAnswer(Envelope, frozen=True, kw_only=True):
    """Answer per item, and the mark under which everything of this epoch is safely stored, without gaps."""

    items: tuple[ItemAnswer, ...]
    epoch: int
    acknowledged_seq: int
    server_time: Instant


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Every refusal: a stable code, a plain sentence, and with 401 the back-office's time."""

    code: str
    text: str
    server_time: Instant | None = None
