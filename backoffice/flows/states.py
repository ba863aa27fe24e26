"""The words of flows as they stand in the database for good, and what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class FlowState(StrEnum):
    """Where a flow stands."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    """Nobody enters, nobody moves, no message of it goes out."""
    ENDED = "ended"


class PlaceState(StrEnum):
    """Where one run of one member stands."""

    WAITING = "waiting"
    """For its step's moment."""
    ASKS = "asks"
    """The step is too late, or cannot be taken: a person decides."""
    DONE = "done"
    OUT = "out"
    """Taken out, by a person or with the flow's end."""


STANDING: Final = (PlaceState.WAITING, PlaceState.ASKS)

FLOW_MOVES: Final[Mapping[str, tuple[frozenset[FlowState], FlowState]]] = {
    "start": (frozenset({FlowState.DRAFT}), FlowState.RUNNING),
    "pause": (frozenset({FlowState.RUNNING}), FlowState.PAUSED),
    "resume": (frozenset({FlowState.PAUSED}), FlowState.RUNNING),
    "end": (frozenset({FlowState.RUNNING, FlowState.PAUSED}), FlowState.ENDED),
}
"""Act → from which states, and to which."""


class What(StrEnum):
    """What happened to a member."""

    ENTERED = "entered"
    SENT = "sent"
    """Given to the sending of messages, which asks for consent once more."""
    NOT_SENT = "not_sent"
    WAITED = "waited"
    YES = "yes"
    NO = "no"
    COUPON = "coupon"
    NO_COUPON = "no_coupon"
    INTO_GROUP = "into_group"
    OUT_OF_GROUP = "out_of_group"
    ASKS = "asks"
    FINISHED = "finished"
    MOVED_ON = "moved_on"
    SKIPPED = "skipped"
    TAKEN_OUT = "taken_out"


LATE: Final = "late"
"""Reason of a place that asks: the step's moment has passed by more than the flow allows."""
FLOW_ENDED: Final = "flow_ended"
"""Reason of a place that was left with the end of the flow."""
