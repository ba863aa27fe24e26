"""Reader modules that a host must ask: what each understands and answers. Bytes in, bytes out, no line.

Written from the makers' manuals: SonMicro SM130 data sheet (UART packets), QUIO QM-ABCM7 manual (the JMY6xx protocol),
NXP UM0701-02 (PN532, HSU).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import reduce

from typing_extensions import override

BUFFER_BYTES_MAX = 512


class Module(ABC):
    """One module. `field`: the UIDs of the cards that lie on it, as they are on the air."""

    def __init__(self) -> None:
        self.field: tuple[bytes, ...] = ()
        self.asked = 0
        """How often a host looked for a card."""
        self._heard = b""

    def hear(self, data: bytes) -> tuple[bytes, ...]:
        """Bytes from the host → frames back, in order."""
        self._heard = (self._heard + data)[-BUFFER_BYTES_MAX:]
        answers: list[bytes] = []
        while (taken := self._take()) is not None:
            command, self._heard = taken
            answers.extend(self._answer(command))
        return tuple(answers)

    def reset(self) -> None:
        """The power was away."""
        self._heard = b""

    @abstractmethod
    def _take(self) -> tuple[bytes, bytes] | None:
        """The first whole command (code and data) and what comes after it; None when there is none yet."""

    @abstractmethod
    def _answer(self, command: bytes) -> tuple[bytes, ...]:
        """The frames that answer one command."""


def sm130_packet(code: int, data: bytes = b"") -> bytes:
    """FF 00 | length of code and data | code | data | sum of all but FF, modulo 256."""
    summed = b"\x00" + bytes([len(data) + 1, code]) + data
    return b"\xff" + summed + bytes([sum(summed) % 256])


class Sm130Module(Module):
    """SM130: RF field (90), select tag (83), firmware (81)."""

    def __init__(self) -> None:
        super().__init__()
        self._field_on = False

    @override
    def reset(self) -> None:
        super().reset()
        self._field_on = False

    @override
    def _take(self) -> tuple[bytes, bytes] | None:
        begin = self._heard.find(b"\xff\x00")
        if begin < 0 or len(self._heard) < begin + 4:
            return None
        end = begin + 4 + self._heard[begin + 2]
        packet = self._heard[begin:end]
        if len(packet) < end - begin:
            return None
        good = sum(packet[1:-1]) % 256 == packet[-1]
        return (packet[3:-1] if good else b"", self._heard[end:])

    @override
    def _answer(self, command: bytes) -> tuple[bytes, ...]:
        match command[:1]:
            case b"\x90":
                self._field_on = command[1:] == b"\x01"
                return (sm130_packet(0x90, command[1:]),)
            case b"\x81":
                return (sm130_packet(0x81, b"I2C 2.8"),)
            case b"\x83":
                self.asked += 1
                return (sm130_packet(0x83, self._found()),)
            case _:
                return ()

    def _found(self) -> bytes:
        if not self._field_on:
            return b"U"
        if not self.field:
            return b"N"
        uid = self.field[self.asked % len(self.field)]  # it selects whichever card answers first
        return (b"\x01" if len(uid) == 7 else b"\x02") + uid


def jmy_packet(code: int, data: bytes = b"", address: int = 1) -> bytes:
    """Length of all but the check (2, big-endian) | address | code | data | XOR of all before."""
    head = (len(data) + 4).to_bytes(2, "big") + bytes([address, code]) + data
    return head + bytes([reduce(lambda left, right: left ^ right, head)])


class JmyModule(Module):
    """JMY6xx and QUIO: request of ISO 14443 A cards (20). A failure is the code inverted."""

    @override
    def _take(self) -> tuple[bytes, bytes] | None:
        if len(self._heard) < 2:
            return None
        length = int.from_bytes(self._heard[:2], "big") + 1
        if not 5 <= length <= 64:
            self._heard = self._heard[1:]
            return self._take()
        packet = self._heard[:length]
        if len(packet) < length:
            return None
        good = reduce(lambda left, right: left ^ right, packet) == 0
        return (packet[3:-1], self._heard[length:]) if good else (b"", self._heard[1:])

    @override
    def _answer(self, command: bytes) -> tuple[bytes, ...]:
        if command[:1] != b"\x20":
            return (jmy_packet(command[0] ^ 0xFF),) if command else ()
        self.asked += 1
        if not self.field:
            return (jmy_packet(0xDF),)
        uid = self.field[self.asked % len(self.field)]
        kind = b"\x44\x00\x00" if len(uid) == 7 else b"\x04\x00\x08"  # ATQA, SAK
        return (jmy_packet(0x20, uid + kind),)


PN532_ACK = bytes.fromhex("0000FF00FF00")


def pn532_packet(data: bytes) -> bytes:
    """00 | 00 FF | length | 256 - length | data | 256 - sum | 00."""
    return b"\x00\x00\xff" + bytes([len(data), (256 - len(data)) % 256]) + data + bytes([-sum(data) % 256, 0])


class Pn532Module(Module):
    """PN532: SAMConfiguration (14), RFConfiguration (32), InListPassiveTarget (4A), GetFirmwareVersion (02).

    It sleeps after power-on until it hears the wake-up; what comes before is lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self._awake = False

    @override
    def reset(self) -> None:
        super().reset()
        self._awake = False

    @override
    def hear(self, data: bytes) -> tuple[bytes, ...]:
        if not self._awake:
            begin = data.find(b"\x55\x55")
            if begin < 0:
                return ()
            self._awake, data = True, data[begin:]
        return super().hear(data)

    @override
    def _take(self) -> tuple[bytes, bytes] | None:
        begin = self._heard.find(b"\x00\xff")
        if begin < 0 or len(self._heard) < begin + 4:
            return None
        length = self._heard[begin + 2]
        if (length + self._heard[begin + 3]) % 256 or not length:
            self._heard = self._heard[begin + 2 :]
            return self._take()
        end = begin + 4 + length + 2
        if len(self._heard) < end:
            return None
        data = self._heard[begin + 4 : end - 1]
        good = sum(data) % 256 == 0 and data[0] == 0xD4
        return (data[1:-1] if good else b"", self._heard[end:])

    @override
    def _answer(self, command: bytes) -> tuple[bytes, ...]:
        match command[:1]:
            case b"\x14" | b"\x32":
                return (PN532_ACK, pn532_packet(bytes([0xD5, command[0] + 1])))
            case b"\x02":
                return (PN532_ACK, pn532_packet(bytes.fromhex("D50332010607")))
            case b"\x4a":
                self.asked += 1
                targets = b"".join(
                    bytes([number]) + (b"\x00\x44\x00" if len(uid) == 7 else b"\x00\x04\x08") + bytes([len(uid)]) + uid
                    for number, uid in enumerate(self.field[: command[1]], start=1)
                )
                found = bytes([min(len(self.field), command[1])])
                return (PN532_ACK, pn532_packet(b"\xd5\x4b" + found + targets))
            case b"":
                return ()
            case _:
                return (PN532_ACK, bytes.fromhex("0000FF01FF7F8100"))


MODULES: dict[str, type[Module]] = {"sm130": Sm130Module, "jmy": JmyModule, "pn532": Pn532Module}
