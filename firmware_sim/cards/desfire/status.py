"""Status bytes of DESFire and NTAG 424 DNA (NXP MF3ICDx21, 9; NT4H2421Gx, 10)."""

from __future__ import annotations

OK = 0x00
NO_CHANGES = 0x0C
ILLEGAL_COMMAND = 0x1C
INTEGRITY_ERROR = 0x1E
NO_SUCH_KEY = 0x40
LENGTH_ERROR = 0x7E
PERMISSION_DENIED = 0x9D
PARAMETER_ERROR = 0x9E
APPLICATION_NOT_FOUND = 0xA0
AUTHENTICATION_ERROR = 0xAE
MORE = 0xAF
BOUNDARY_ERROR = 0xBE
DUPLICATE = 0xDE
FILE_NOT_FOUND = 0xF0


class Refusal(Exception):  # noqa: N818 (a card's answer, not a fault of the program)
    """The card says no."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status:02X}")
        self.status = status
