"""What a campaign accepts while nobody can be asked whether a coupon, a limit or a budget was used elsewhere."""

# Not compiled: documents only.

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pos_engine.core.document import document

OfflinePolicy = Literal["strict", "bounded", "open", "card"]


@document
@dataclass(frozen=True)
class Offline:
    """strict: only what this till holds the right to; nothing is ever used twice, and some honest people are refused.

    bounded: that, and beyond it up to `purchases` purchases at each till until it has been on line again. open:
    whatever this till does not know to be used up. card: a member's coupons, and a member's uses of an offer, are used
    up as the member's chip card remembers them; with other cards, and for what all customers share, it is as strict.
    """

    policy: OfflinePolicy = "bounded"
    purchases: int = 10
