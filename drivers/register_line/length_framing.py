"""nexo over TCP: each message after its length, 4 bytes, big-endian, which does not count themselves. No I/O."""

from __future__ import annotations

LENGTH_BYTES = 4
MESSAGE_BYTES_MAX = 1024 * 1024  # as over HTTP


class TooLongError(Exception):
    """The other end announces more than any message has: it does not speak this protocol, or lost its place."""


def encode(message: bytes) -> bytes:
    """The message with its length in front."""
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


class LengthFraming:
    """Messages out of a stream, in pieces of any size."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def begun(self) -> bool:
        """Whether a message has begun and is not whole."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """The messages that these bytes complete. TooLongError: the connection cannot be used any more."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= LENGTH_BYTES:
            length = int.from_bytes(self._buffer[:LENGTH_BYTES], "big")
            if length > MESSAGE_BYTES_MAX:
                raise TooLongError(f"a message of {length} bytes; at most {MESSAGE_BYTES_MAX}")
            end = LENGTH_BYTES + length
            if len(self._buffer) < end:
                break
            messages.append(bytes(self._buffer[LENGTH_BYTES:end]))
            del self._buffer[:end]
        return tuple(messages)
