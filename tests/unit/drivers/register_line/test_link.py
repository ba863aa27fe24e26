"""The till's end of a serial line, with time and bytes given by hand."""

from __future__ import annotations

import pytest

from drivers.register_line.dle_framing import DleFraming
from drivers.register_line.link import ACK_WAIT_S, BETWEEN_CHARACTERS_S, HEARTBEAT_S, SILENT_AFTER_S, TRIES_MAX, Link
from drivers.register_line.marked_framing import MarkedFraming
from drivers.register_line.packets import Framing, Kind, Packet

ASKED = Packet(Kind.MESSAGE, 0, 1, b"question")
ANSWER = Packet(Kind.MESSAGE, 1, 1, b"answer")
ACK, NAK = b"\x06", b"\x15"
every_framing = pytest.mark.parametrize("framing", [DleFraming(), MarkedFraming()], ids=["dle", "marked"])


def link_of(framing: Framing) -> Link:
    return Link(type(framing)(), 115_200, 0.0)


def asked(framing: Framing) -> Link:
    """A link that has answered one message; the answer is out and not acknowledged."""
    link = link_of(framing)
    link.feed(framing.encode(ASKED), 0.0)
    assert link.take_output() == framing.acknowledge(ASKED)
    assert link.next_message() == b"question"
    link.answer(b"answer", 0.1)
    assert link.take_output() == framing.encode(ANSWER)
    return link


@every_framing
def test_a_message_is_acknowledged_and_answered_under_its_id(framing: Framing) -> None:
    link = asked(framing)
    link.feed(framing.acknowledge(ANSWER), 0.2)
    link.pass_time(1.9)
    assert link.take_output() == b""


@every_framing
def test_without_acknowledgement_the_answer_is_sent_three_times_and_given_up(framing: Framing) -> None:
    link = asked(framing)
    now_s, sent = 0.1, 1
    for _ in range(5):
        now_s += ACK_WAIT_S + 0.1
        link.pass_time(now_s)
        sent += link.take_output().count(framing.encode(ANSWER))
    assert sent == TRIES_MAX


@every_framing
def test_a_repeated_message_gets_the_same_answer_and_is_not_handed_on(framing: Framing) -> None:
    link = asked(framing)
    link.feed(framing.acknowledge(ANSWER), 0.2)
    link.feed(framing.encode(ASKED), 0.3)
    assert link.next_message() is None
    assert link.take_output() == framing.acknowledge(ASKED) + framing.encode(ANSWER)


def test_a_refused_answer_is_sent_again_at_once() -> None:
    link = asked(DleFraming())
    link.feed(NAK, 0.2)
    assert link.take_output() == DleFraming().encode(ANSWER)


def test_a_broken_message_is_refused_and_half_of_one_after_a_pause() -> None:
    link = link_of(DleFraming())
    frame = bytearray(DleFraming().encode(ASKED))
    frame[-1] ^= 1
    link.feed(bytes(frame), 0.0)
    assert link.take_output() == NAK
    link.feed(bytes(frame[:6]), 0.1)
    assert link.due_s(0.1) == pytest.approx(0.1 + BETWEEN_CHARACTERS_S)
    link.pass_time(0.1 + BETWEEN_CHARACTERS_S)
    assert link.take_output() == NAK


@every_framing
def test_heartbeats_and_silence(framing: Framing) -> None:
    link = link_of(framing)
    assert not link.heard_lately(0.0)
    link.pass_time(HEARTBEAT_S)
    assert link.take_output() == framing.encode(Packet(Kind.HEARTBEAT))
    link.feed(framing.encode(Packet(Kind.HEARTBEAT)), 3.0)
    assert link.heard_lately(3.0 + SILENT_AFTER_S - 0.1)
    assert not link.heard_lately(3.0 + SILENT_AFTER_S)


@every_framing
def test_a_register_that_starts_anew_counts_from_the_beginning(framing: Framing) -> None:
    link = asked(framing)
    hello = Packet(Kind.HELLO, 0, 9)
    link.feed(framing.encode(hello), 0.2)
    assert link.take_output() == framing.acknowledge(hello) + framing.encode(Packet(Kind.HELLO_ANSWER, 9))
    link.feed(framing.encode(ASKED), 0.3)
    assert link.next_message() == b"question"


@every_framing
def test_a_new_message_takes_the_place_of_an_answer_nobody_acknowledged(framing: Framing) -> None:
    link = asked(framing)
    link.feed(framing.encode(Packet(Kind.MESSAGE, 0, 2, b"next")), 0.2)
    link.take_output()
    link.pass_time(0.2 + ACK_WAIT_S + 0.1)
    assert framing.encode(ANSWER) not in link.take_output()
    assert link.next_message() == b"next"


def test_ids_go_round_without_zero() -> None:
    link = link_of(DleFraming())
    seen = []
    for number in range(1, 257):
        link.feed(DleFraming().encode(Packet(Kind.MESSAGE, 0, number % 255 + 1, bytes((number % 251,)))), 0.0)
        link.take_output()
        assert link.next_message() is not None
        link.answer(b"x", 0.0)
        (packet,) = DleFraming().feed(link.take_output())
        assert isinstance(packet, Packet)
        seen.append(packet.message_id)
        link.feed(ACK, 0.0)
    assert seen == [*range(1, 256), 1]
