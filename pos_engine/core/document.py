"""What is read from and written to files, databases and networks, against what only the core itself makes."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def document(cls: type[T]) -> type[T]:
    """Mark a dataclass whose objects decoders make, without calling it.

    mypyc keeps a class that carries any decorator of ours an ordinary one. A decoder would leave a compiled object
    half made: a number that is not in the document becomes 0 instead of its default.
    """
    return cls
