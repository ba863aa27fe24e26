"""When the card of a sale came: what receipts carry so that a card of one's own behind every sale is seen."""

from __future__ import annotations

from typing import Annotated

import msgspec


class CardCame(msgspec.Struct, frozen=True, kw_only=True):
    """When the member of a sale was known to the till.

    `after_lines`: lines that the register had told of before; `before_end_ms`: milliseconds from then to the receipt.
    """

    after_lines: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    before_end_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
