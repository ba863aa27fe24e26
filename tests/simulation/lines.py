"""The network between tills and back-office: every message passes here, and what befalls it is drawn from the seed.

A delayed message is kept and delivered by the scheduler later, after newer ones perhaps; its sender has given up on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Protocol

import httpx
from typing_extensions import override

from tests.simulation.disk import PowerCut

FAULTS = (
    "request_lost",
    "answer_lost",
    "duplicated",
    "delayed",
    "proxy_page",
    "cut_short",
    "garbled",
    "till_cut_sending",
    "till_cut_answered",
    "office_killed_before_commit",
    "office_killed_after_commit",
)
"""What may befall one message."""

GARBLED_UPLOADS = 0.3
"""Share of the faults of uploads that destroy bytes: the largest messages, and the only ones worth refusing."""

DELAY_MAX = timedelta(hours=2)


class OfficeKilled(BaseException):
    """The back-office's process was ended while it answered."""


class Answering(Protocol):
    """The back-office as the network sees it."""

    away: bool
    kill_at: str

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Hand a request to the application; OfficeKilled when that was planned and came to pass."""
        ...

    def restart(self) -> None:
        """Start it again."""
        ...


@dataclass
class Network:
    """What is the same for all lines. `later`: deliver something after a while; `count`: a fault that happened."""

    office: Answering
    random: Random
    later: Callable[[timedelta, str, Callable[[], None]], None]
    count: Callable[[str], None]
    rate: float = 0.0
    faults: tuple[str, ...] = FAULTS
    stores_cut_off: set[str] = field(default_factory=set)


class Line(httpx.BaseTransport):
    """One till's line. `cut_off`: nothing passes."""

    def __init__(self, network: Network, store: str, name: str) -> None:
        self._network = network
        self._store = store
        self._name = name
        self._sent = 0
        self._newest_delivered = 0
        self.cut_off = False

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self._sent += 1
        network = self._network
        if network.office.away or self.cut_off or self._store in network.stores_cut_off:
            raise httpx.ConnectError("no line", request=request)
        fault = ""
        if network.faults and network.random.random() < network.rate:
            fault = network.random.choice(network.faults)
        if fault == "garbled" and not request.content:
            fault = ""
        elif fault and request.url.path.endswith("/receipts") and network.random.random() < GARBLED_UPLOADS:
            fault = "garbled"
        return self._with(fault, request)

    def _with(self, fault: str, request: httpx.Request) -> httpx.Response:
        network = self._network
        if fault and not fault.startswith("office"):
            network.count(fault)
        if fault == "delayed":
            self._deliver_later(request)
            raise httpx.ReadTimeout("no answer", request=request)
        if fault == "request_lost":
            raise httpx.ConnectTimeout("no answer", request=request)
        if fault == "till_cut_sending":
            raise PowerCut
        if fault == "garbled":
            request = _garbled(request, network.random)
        if fault == "duplicated":
            self._exchange(request)
        return _answered(fault, request, self._exchange(request, kill_at=fault))

    def _deliver_later(self, request: httpx.Request) -> None:
        number = self._sent

        def deliver() -> None:
            if self._network.office.away:
                return
            if number < self._newest_delivered:
                self._network.count("reordered")
            self._exchange(request)

        wait = self._network.random.random() * DELAY_MAX
        self._network.later(wait, f"{self._name} {request.url.path} arrives late", deliver)

    def _exchange(self, request: httpx.Request, kill_at: str = "") -> httpx.Response:
        office = self._network.office
        self._newest_delivered = max(self._newest_delivered, self._sent)
        office.kill_at = kill_at
        try:
            return office.answer(request)
        except OfficeKilled:
            self._network.count(kill_at)
            office.restart()
            raise httpx.RemoteProtocolError("the connection was closed", request=request) from None
        finally:
            office.kill_at = ""


def _answered(fault: str, request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """What of the answer reaches the till."""
    if fault == "till_cut_answered":
        raise PowerCut
    if fault == "answer_lost":
        raise httpx.ReadTimeout("no answer", request=request)
    if fault == "proxy_page":
        return httpx.Response(502, html="<h1>Bad gateway</h1>")
    if fault == "cut_short":
        return httpx.Response(200, content=response.content[: len(response.content) // 2])
    return response


def _garbled(request: httpx.Request, random: Random) -> httpx.Request:
    """The same request with some bytes of its body destroyed on the way."""
    content = bytearray(request.content)
    start = random.randrange(len(content))
    content[start : start + 8] = b"\x00" * min(8, len(content) - start)
    return httpx.Request(request.method, request.url, headers=request.headers, content=bytes(content))
