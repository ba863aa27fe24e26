import pytest

from drivers.serial_reader.frames import BrokenFrame, Frame, SwipeFrame, TroubleFrame
from drivers.serial_reader.magtek import LOW_BITS, MagtekCodec, check_character
from pos_engine.ports.devices import CardTrouble
from tests.unit.drivers.vectors import vectors


def swiped(sent: str, codec: MagtekCodec | None = None) -> tuple[Frame, ...]:
    used = codec or MagtekCodec()
    return (*used.feed(sent.encode()), *used.timeout())


def test_the_published_check_character() -> None:
    vector = vectors("Track 1 LRC")[0]
    assert check_character(1, vector["inputs"]["track"]) == vector["expected"]
    sent = vector["inputs"]["track"] + vector["expected"]
    assert swiped(sent, MagtekCodec(track=1, lrc=True)) == (SwipeFrame("AT3"),)
    assert swiped(sent[:-1] + "=", MagtekCodec(track=1, lrc=True)) == (BrokenFrame("track 1 could not be read"),)


def test_the_published_values_of_the_sentinels() -> None:
    inputs = vectors("Track 2 message")[0]["inputs"]
    assert ord(";") - LOW_BITS[2] == int(inputs["ss"], 16)
    assert ord("?") - LOW_BITS[2] == int(inputs["es"], 16)


@pytest.mark.parametrize(
    ("track", "sent", "number"),
    [
        (2, "%B5^A?;9280001234=9912?\r", "9280001234"),
        (2, ";0077?\r", "0077"),
        (1, "%B6001^NAME/FIRST^9912?;1=2?\r", "6001"),
        (1, "%CARD+1;2?\r", "CARD+1;2"),
        (3, "%E?;1?+018800=1?\r\x03", "018800"),
    ],
)
def test_the_wanted_track_is_the_card(track: int, sent: str, number: str) -> None:
    assert swiped(sent, MagtekCodec(track)) == (SwipeFrame(number),)


@pytest.mark.parametrize("sent", ["%E?;E?\r", "%B1^A?;E?+7?", "%B1^A?\r", ";?\r", ";123"])
def test_a_track_that_was_not_read_is_told(sent: str) -> None:
    (frame,) = swiped(sent)
    assert isinstance(frame, BrokenFrame)


def test_two_swipes_without_a_pause_are_two_cards() -> None:
    assert swiped("%A?;1?%B?;2?") == (SwipeFrame("1"), SwipeFrame("2"))


@pytest.mark.parametrize("sent", [";4111111111111111=25121010000012345678?", "%B1^A?;5555555555554444=2512201?"])
def test_a_bank_card_is_foreign_and_its_number_goes_nowhere(sent: str) -> None:
    assert swiped(sent) == (TroubleFrame(CardTrouble.FOREIGN),)
    assert swiped(sent, MagtekCodec(track=1)) == (TroubleFrame(CardTrouble.FOREIGN),)


@pytest.mark.parametrize("second", ["", ";E?"], ids=["only track 1", "track 2 unread"])
@pytest.mark.parametrize("number", ["4111111111111111", "3782 822463 10005"])
def test_a_bank_card_is_known_by_its_first_track_alone(number: str, second: str) -> None:
    sent = f"%B{number}^DOE/JOHN^2512101100000000?{second}"
    for codec in (MagtekCodec(), MagtekCodec(track=1), MagtekCodec(track=1, sentinels=b"%")):
        assert swiped(sent, codec) == (TroubleFrame(CardTrouble.FOREIGN),)
    bare = f"B{number}^DOE/JOHN^2512101100000000\r"
    assert swiped(bare, MagtekCodec(track=1, sentinels=b"")) == (TroubleFrame(CardTrouble.FOREIGN),)


def test_a_loyalty_card_that_looks_like_one_is_not() -> None:
    assert swiped(";4111111111111112=25121010000012345678?") == (SwipeFrame("4111111111111112"),)
    assert swiped(";4111111111111111?") == (SwipeFrame("4111111111111111"),)
    assert swiped("%B4111111111111112^DOE/J^2512101?", MagtekCodec(track=1)) == (SwipeFrame("4111111111111112"),)


def test_other_sentinels() -> None:
    assert swiped("#A?$77?", MagtekCodec(sentinels=b"#$&")) == (SwipeFrame("77"),)
