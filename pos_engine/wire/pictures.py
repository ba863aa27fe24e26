"""Pictures of the shop in the change feed, as tills keep them."""

from __future__ import annotations

from typing import Annotated

import msgspec


class PictureBody(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the shop; its entity id says which: `receipt_logo`, a grey PNG of at most 576 x 240 dots."""

    png: Annotated[bytes, msgspec.Meta(max_length=200_000)]
