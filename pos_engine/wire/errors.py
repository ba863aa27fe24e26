"""What can be wrong with a document, in words that name the place."""

from __future__ import annotations


class DocumentError(ValueError):
    """A document that cannot be used: `path` is the place (`$` the whole), `text` says what is wrong there."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{path}: {text}")
        self.path = path
        self.text = text


class UnknownKindError(DocumentError):
    """A condition or reward of a kind this version does not know: newer than the program, or misspelt."""

    def __init__(self, path: str, family: str, kind: str) -> None:
        super().__init__(path, f"unknown {family} kind {kind!r}; update the program, or correct the kind")
        self.family = family
        self.kind = kind
