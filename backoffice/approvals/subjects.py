"""What is approved: one description for everything that a second person may be asked about."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What somebody may be asked about. Words stand in the database: they are added, never renamed."""

    CAMPAIGN = "campaign"
    MAILING = "mailing"
    FLOW = "flow"


SETTINGS: Final[Mapping[Kind, str]] = {
    Kind.CAMPAIGN: "campaigns_need_approval",
    Kind.MAILING: "mailings_need_approval",
    Kind.FLOW: "flows_need_approval",
}
"""The organisation's switch for each kind: a column of `Organisation`."""
WRITING: Final = (
    "campaign_created", "campaign_changed",
    "mailing_created", "mailing_changed", "mailing_rescheduled", "recipient_taken_off", "recipient_put_back",
    "letter_coupons_chosen",
    "flow_created", "flow_changed",
    "segment_created", "segment_changed", "taken_off_segment", "put_back_into_segment",
    "template_created", "template_changed",
)  # fmt: skip
"""Acts on record by which somebody becomes the last to change a subject, or a part of it."""


@dataclass(frozen=True)
class Part:
    """Something with a record of its own that the subject says too: a segment, a template."""

    kind: str
    part_id: str


@dataclass(frozen=True)
class Subject:
    """One campaign, mailing or flow as it is now.

    `content`: everything that is approved, as one text: two subjects that say the same have the same one.
    """

    kind: Kind
    organisation_id: str
    subject_id: str
    name: str
    content: str
    parts: tuple[Part, ...] = field(default=())

    @property
    def sha256(self) -> str:
        """The hash, hex, of all that is approved."""
        return hashlib.sha256(self.content.encode()).hexdigest()
