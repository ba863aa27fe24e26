"""A register that rings up sales and keeps to the profile's rules when the daemon does not answer."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.daemon import DaemonProcess
from tests.support.nexo import BREAD, COFFEE, loyalty, receipt_id_of, told


class Register:
    """Rings up sales by the profile's rules for a daemon that does not answer (T2, T3)."""

    def __init__(self, daemon: DaemonProcess, due: float = 11.30, accounts: list[dict[str, Any]] | None = None) -> None:
        """`due`: what bread and coffee cost by the till's campaigns; `accounts`: the card, an empty list for none."""
        self.daemon = daemon
        self.due = due
        self.accounts = accounts
        self.answered: dict[str, str] = {}

    def sale(self, number: int) -> None:
        """Two quotes and a commit; raises httpx.TransportError when the daemon is gone."""
        answers = [self.daemon.post(message).json() for message in self.messages(number)]
        assert [told(answer)[0] for answer in answers] == ["Success"] * 3, answers
        self.answered[str(number)] = receipt_id_of(answers[-1])

    def messages(self, number: int) -> tuple[dict[str, Any], ...]:
        return (
            loyalty("Rebate", f"{number}-1", str(number), [BREAD], accounts=self.accounts),
            loyalty("Rebate", f"{number}-2", str(number), [BREAD, COFFEE], accounts=self.accounts),
            loyalty("Award", f"{number}-3", str(number), [BREAD, COFFEE], self.due, accounts=self.accounts),
        )

    def sell_until_the_kill(self, number: int) -> int:
        """Sale after sale, each with its own number; the number of the one that was cut short."""
        try:
            while True:
                number += 1
                self.sale(number)
        except httpx.TransportError:
            return number

    def recover(self, number: int) -> str:
        """T3 and T4: the commit again, unchanged. Its receipt."""
        answer = self.daemon.post(self.messages(number)[-1]).json()
        assert told(answer)[0] == "Success"
        return receipt_id_of(answer)
