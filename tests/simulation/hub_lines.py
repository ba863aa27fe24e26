"""The network inside a shop: from a till to the hub of its store, with faults of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec

from pos_engine.sync.client import LinkDownError
from pos_engine.wire.rights import RightAnswer, RightAsk
from tests.simulation.lines import Network

HUB_FAULTS = ("hub_request_lost", "hub_answer_lost", "hub_duplicated", "hub_delayed")
"""What may befall one message between a till and its hub."""

DELAY_MAX = timedelta(minutes=30)

Hub = Callable[[RightAsk], RightAnswer]
"""The hub as its tills reach it. LinkDownError: it does not answer, or not yet."""


class HubLine:
    """One till's line to its hub; called with a request it gives the answer. `cut_off`: nothing passes."""

    def __init__(self, network: Network, name: str, hub: Hub) -> None:
        self._network = network
        self._name = name
        self._hub = hub
        self.cut_off = False

    def __call__(self, ask: RightAsk) -> RightAnswer:
        """LinkDownError."""
        network = self._network
        if self.cut_off:
            raise LinkDownError("no line to the hub")
        fault = network.random.choice(HUB_FAULTS) if network.random.random() < network.rate else ""
        if fault:
            network.count(fault)
        if fault == "hub_request_lost":
            raise LinkDownError("the hub does not answer")
        if fault == "hub_delayed":
            wait = network.random.random() * DELAY_MAX
            network.later(wait, f"{self._name} asks its hub late", lambda: self._deliver_late(ask))
            raise LinkDownError("the hub does not answer")
        if fault == "hub_duplicated":
            self._exchange(ask)
        answer = self._exchange(ask)
        if fault == "hub_answer_lost":
            raise LinkDownError("the hub's answer is lost")
        return answer

    def _deliver_late(self, ask: RightAsk) -> None:
        try:
            self._exchange(ask)
        except LinkDownError:
            return

    def _exchange(self, ask: RightAsk) -> RightAnswer:
        told = self._hub(msgspec.json.decode(msgspec.json.encode(ask), type=RightAsk))
        return msgspec.json.decode(msgspec.json.encode(told), type=RightAnswer)
