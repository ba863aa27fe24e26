"""What the till expects of a line to a cash register that does not use HTTP: whole messages in, whole answers out.

Laws: a message is answered on the line it came from, in the order it came; a line that is lost loses no sale, because
every message may be sent again and its answer is remembered; `close` never raises.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

Handler = Callable[[bytes, str], bytes]
"""One nexo message, and the SaleID that may speak (empty: any) → its answer; empty where nexo has none (Abort).

Thread-safe, never raises."""

Admission = Callable[[str], str | None]
"""A token → the SaleID that may speak with it (empty: any); None: nobody may."""


@dataclass(frozen=True)
class TlsFiles:
    """Certificate chain and private key, PEM files."""

    certificate: str
    key: str


class RegisterLine(ABC):
    """One configured line; on TCP, one listening port."""

    @abstractmethod
    def open(self) -> None:
        """Claim the line. DeviceError says why not."""

    @abstractmethod
    def serve(self, handle: Handler, timeout_s: float) -> bool:
        """Work on the line for at most about that long, answering what comes.

        Whether the register was heard lately, as far as such a line can tell. DeviceError when the line is gone.
        """

    @abstractmethod
    def close(self) -> None:
        """Give the line back. Never raises."""
