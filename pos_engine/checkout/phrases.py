"""Sentences to the cashier out of the catalogue."""

from __future__ import annotations

from pos_engine import words
from pos_engine.checkout.answers import Message, Severity


def say(language: str, severity: Severity, phrase: str, **params: int | str) -> Message:
    """A phrase of the catalogue as a message; its stable code is the phrase's last part."""
    return Message(phrase.rpartition(".")[2], severity, words.text(phrase, language, **params))
