"""When the till asks for rights: as soon as a sale wishes for one, and every few seconds for what is recalled."""

from __future__ import annotations

import threading

from pos_engine.rights.wished import Wishes
from pos_engine.sync.rights import RightsService

PAUSE_S = 2.0
"""Between two looks without a new wish; a wish that was not fulfilled is repeated then."""


class RightsLoop:
    """The thread's work."""

    def __init__(self, service: RightsService, wishes: Wishes) -> None:
        self._service = service
        self._woken = threading.Event()
        wishes.on_wish(self._woken.set)

    def run(self, stop: threading.Event) -> None:
        """Until the end."""
        while not stop.is_set():
            self._service.tick()
            self._woken.wait(PAUSE_S)
            self._woken.clear()
