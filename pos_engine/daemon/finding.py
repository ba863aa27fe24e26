"""What `pos-engine doctor` says: findings in the language of whoever asks, from the catalogues' `doctor.` sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pos_engine import words
from pos_engine.ports.devices import DeviceCode

Verdict = Literal["ok", "warning", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `text` says what is wrong and what to do, or that all is well.

    `detail`: what a driver or the system said of it, in English; empty when it said nothing.
    """

    subject: str
    verdict: Verdict
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Saying:
    """Findings in one language."""

    language: str

    def text(self, code: str, **params: str) -> str:
        """The sentence `doctor.<code>`."""
        return words.text(f"doctor.{code}", self.language, **params)

    def subject(self, code: str, name: str = "") -> str:
        """What is looked at, in the words that stand in front of the colon."""
        return self.text(f"subject.{code}", name=name)

    def finding(self, subject: str, verdict: Verdict, code: str, **params: str) -> Finding:
        """A sentence of the catalogue about one of its subjects."""
        return Finding(self.subject(subject), verdict, self.text(code, **params))

    def device(self, subject: str, code: DeviceCode, where: str, detail: str) -> Finding:
        """What is the matter with the device at that address."""
        return Finding(subject, "bad", self.text(code, where=where), detail)
