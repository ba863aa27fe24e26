from drivers.serial_reader.frames import BrokenFrame, ChipFrame, SwipeFrame, TagFrame, TroubleFrame
from drivers.serial_reader.presence import Presence
from pos_engine.ports.devices import CardIdentity, CardPresented, CardRefused, CardRemoved, CardTrouble

ADA, BOB = ChipFrame("01020304"), ChipFrame("0A0B0C0D")
PHONE = TroubleFrame(CardTrouble.PHONE)
STAY_S = 1.0


def presented(frame: ChipFrame) -> CardPresented:
    return CardPresented(CardIdentity("iso14443a", frame.uid_hex))


def test_a_card_that_is_told_again_and_again_is_one_until_it_is_gone() -> None:
    presence = Presence(STAY_S)
    assert presence.take(ADA, 0.0) == (presented(ADA),)
    assert presence.take(ADA, 0.9) == ()
    assert presence.pass_time(1.8) == ()
    assert presence.pass_time(1.9) == (CardRemoved(),)
    assert presence.due_s is None
    assert presence.take(ADA, 2.0) == (presented(ADA),)


def test_another_card_takes_the_place_of_the_first() -> None:
    presence = Presence(STAY_S)
    presence.take(ADA, 0.0)
    assert presence.take(BOB, 0.5) == (CardRemoved(), presented(BOB))


def test_two_cards_that_answer_in_turn_are_told_once_and_then_none_counts() -> None:
    presence = Presence(STAY_S)
    presence.take(ADA, 0.0)
    presence.take(BOB, 0.1)
    assert presence.take(ADA, 0.2) == (CardRemoved(), CardRefused(CardTrouble.TWO_CARDS))
    assert presence.take(BOB, 0.3) == ()
    assert presence.pass_time(1.3) == ()
    assert presence.take(BOB, 1.4) == (presented(BOB),)


def test_a_phone_is_told_once_while_it_lies_there() -> None:
    presence = Presence(STAY_S)
    assert presence.take(PHONE, 0.0) == (CardRefused(CardTrouble.PHONE),)
    assert presence.take(PHONE, 0.5) == ()
    assert presence.take(BrokenFrame("x"), 0.6) == ()
    presence.pass_time(1.5)
    assert presence.take(PHONE, 1.6) == (CardRefused(CardTrouble.PHONE),)


def test_a_bad_reading_tells_only_where_no_good_one_is_at_hand() -> None:
    presence = Presence(STAY_S)
    assert presence.take(BrokenFrame("x"), 0.0) == (CardRefused(CardTrouble.UNREADABLE),)
    presence.take(ADA, 0.1)
    assert presence.take(BrokenFrame("x"), 0.2) == ()


def test_the_same_stripe_can_be_swiped_again_at_once() -> None:
    presence = Presence(STAY_S)
    both = (CardPresented(CardIdentity("magstripe", "77")), CardRemoved())
    assert presence.take(SwipeFrame("77"), 0.0) == both
    assert presence.take(SwipeFrame("77"), 0.1) == both


def test_each_technology_has_its_own_numbers() -> None:
    presence = Presence(STAY_S)
    presence.take(TagFrame("0001020304"), 0.0)
    (_, event) = presence.take(ChipFrame("0001020304AABB"), 0.1)
    assert isinstance(event, CardPresented)
    assert event.card.card_id == "iso14443a:0001020304AABB"
