"""Sentences for devices that cannot be used. Each says what is wrong, where, and what to do."""

from __future__ import annotations

import errno

from pos_engine.ports.devices import DeviceError


class AddressError(ValueError):
    """A device address that cannot be understood; the text names the part and what is accepted."""


def reader_missing(where: str, advice: str) -> DeviceError:
    """The reader is not there at all."""
    return DeviceError("reader_missing", f"No reader at {where}. {advice}")


def reader_gone(where: str, cause: object) -> DeviceError:
    """The reader worked and then went away."""
    return DeviceError("reader_gone", f"The reader at {where} went away ({cause}). Check its cable.")


def reader_silent(where: str) -> DeviceError:
    """The line is there, and nobody answers on it."""
    return DeviceError(
        "reader_silent",
        f"The reader at {where} does not answer. Check its power, its cable, and protocol= and baud= of its address.",
    )


def register_line_not_opened(path: str, cause: object, number: int | None) -> DeviceError:
    """The line to the register cannot be claimed; `number`: what the system says (errno)."""
    if number == errno.EACCES:
        return DeviceError(
            "register_denied", f"{path} may not be opened by this user. Add the till's user to the group dialout."
        )
    if number in (errno.EAGAIN, errno.EBUSY, errno.EADDRINUSE) or "exclusively lock" in str(cause):
        return DeviceError("register_busy", f"{path} is used by another program. Stop it, or correct the address.")
    return DeviceError("register_gone", f"There is no line to the register at {path} ({cause}). Check cable and path.")


def register_line_gone(path: str, cause: object) -> DeviceError:
    """The line to the register worked and then went away."""
    return DeviceError("register_gone", f"The line to the register at {path} went away ({cause}). Check its cable.")


def pass_through_gone(where: str, cause: object) -> DeviceError:
    """One of the two lines of a pass-through cannot be used."""
    return DeviceError(
        "pass_through_gone",
        f"The cable between register and printer is interrupted at {where} ({cause}). Check both plugs.",
    )


def printer_offline(where: str, cause: object, *, paper_used: bool = False) -> DeviceError:
    """The printer does not answer."""
    return DeviceError(
        "printer_offline",
        f"The printer at {where} does not answer ({cause}). Check that it is switched on and its cable.",
        paper_used=paper_used,
    )


def document_unprintable(what: str) -> DeviceError:
    """The document itself is wrong; printing it again cannot help."""
    return DeviceError("document_unprintable", f"The document cannot be printed: {what}")
