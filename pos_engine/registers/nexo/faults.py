"""Why a nexo message is answered with a failure: nexo's error condition, our stable code, a sentence."""

from __future__ import annotations

from typing import Literal

ErrorCondition = Literal["MessageFormat", "NotAllowed", "NotFound", "InProgress", "UnavailableService"]


class NexoError(Exception):
    """A message that cannot be done. The table of codes is in docs/nexo-profile.md, section 6."""

    def __init__(self, condition: ErrorCondition, code: str, text: str) -> None:
        super().__init__(text)
        self.condition: ErrorCondition = condition
        self.code = code
        self.text = text


class RejectedError(Exception):
    """A body that is no nexo message at all (rule R1): nothing of its header can be repeated in an answer."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def wrong(code: str, path: str, text: str) -> NexoError:
    """A field that cannot be right: the sentence names it first."""
    return NexoError("MessageFormat", code, f"{path}: {text}")
