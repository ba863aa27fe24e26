"""Readers that must be asked: set up once, then asked for a card again and again. A state machine without I/O.

    setting up ──all answered──▶ resting ──POLL_EVERY_S──▶ asking ──answer──▶ resting
         ▲                                                   │
         └──────────────── no answer within ANSWER_WAIT_S ───┘

Laws: one question is under way at a time; an answer to another question is nobody's; a device that was silent is set up
anew, because it may have lost its power; after `MISSES_MAX` silences in a row it is gone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from drivers.serial_reader.conversation import Conversation
from drivers.serial_reader.frames import AnswerFrame, BrokenFrame, CardFrame, FrameCodec

POLL_EVERY_S = 0.12  # a hand holds a card for half a second or more; four looks fit into it
ANSWER_WAIT_S = 0.4  # modules answer within 0.1 s, also when they search in vain
MISSES_MAX = 3
POLLED_PRESENCE_S = 0.5  # four looks in vain


class NotReadyError(Exception):
    """The device says that it must be set up (its field is off)."""


@dataclass(frozen=True)
class Request:
    """A frame to send and the codes that answer it."""

    frame: bytes
    answer_codes: tuple[int, ...]


class Dialect(ABC):
    """How one kind of module is asked."""

    wake_up: ClassVar[bytes] = b""
    setup: ClassVar[tuple[Request, ...]]
    poll: ClassVar[Request]

    @abstractmethod
    def codec(self) -> FrameCodec:
        """A fresh codec of its answers."""

    @abstractmethod
    def read(self, answer: AnswerFrame, *, uid_reversed: bool) -> CardFrame | None:
        """What the answer to `poll` says: None for an empty field. NotReadyError: set it up again."""


class Polling(Conversation):
    """The conversation with one module."""

    presence_s = POLLED_PRESENCE_S

    def __init__(self, dialect: Dialect, *, uid_reversed: bool = False) -> None:
        """`uid_reversed`: this module sends the last byte of a UID first."""
        self._dialect = dialect
        self._codec = dialect.codec()
        self._uid_reversed = uid_reversed
        self._output = bytearray()
        self._step = 0
        self._asked: Request | None = None
        self._due_s: float | None = None
        self._misses = 0

    @override
    def begin(self, now_s: float) -> None:
        self._output.clear()
        self._misses = 0
        self._set_up(now_s)

    @override
    def feed(self, data: bytes, now_s: float) -> tuple[CardFrame, ...]:
        found: list[CardFrame] = []
        for frame in self._codec.feed(data):
            if isinstance(frame, AnswerFrame) and self._asked and frame.code in self._asked.answer_codes:
                found.extend(self._answered(frame, now_s))
        return tuple(found)

    @override
    def pass_time(self, now_s: float) -> tuple[CardFrame, ...]:
        if self._due_s is None or now_s < self._due_s:
            return ()
        if self._asked is None:
            if self.ready:
                self._ask(self._dialect.poll, now_s)
            else:
                self._set_up(now_s)
            return ()
        # half an answer to a search means that a card is there
        card_lost = bool(self._codec.timeout()) and self.ready
        self._misses += 1
        self._set_up(now_s)
        return (BrokenFrame("the answer stopped in the middle"),) if card_lost else ()

    @property
    @override
    def due_s(self) -> float | None:
        return self._due_s

    @override
    def take_output(self) -> bytes:
        output = bytes(self._output)
        self._output.clear()
        return output

    @property
    @override
    def ready(self) -> bool:
        return self._step > len(self._dialect.setup)

    @property
    @override
    def silent(self) -> bool:
        return self._misses >= MISSES_MAX

    def _set_up(self, now_s: float) -> None:
        self._step = 0
        self._output += self._dialect.wake_up
        self._next_step(now_s)

    def _next_step(self, now_s: float) -> None:
        setup = self._dialect.setup
        self._ask(setup[self._step] if self._step < len(setup) else self._dialect.poll, now_s)

    def _ask(self, request: Request, now_s: float) -> None:
        self._codec.timeout()  # what came before the question cannot be its answer
        self._asked = request
        self._output += request.frame
        self._due_s = now_s + ANSWER_WAIT_S

    def _answered(self, answer: AnswerFrame, now_s: float) -> tuple[CardFrame, ...]:
        self._misses = 0
        self._asked = None
        if self._step < len(self._dialect.setup):
            self._step += 1
            self._next_step(now_s)
            return ()
        self._step = len(self._dialect.setup) + 1
        self._due_s = now_s + POLL_EVERY_S
        try:
            frame = self._dialect.read(answer, uid_reversed=self._uid_reversed)
        except NotReadyError:
            self._step = 0
            return ()
        return () if frame is None else (frame,)
