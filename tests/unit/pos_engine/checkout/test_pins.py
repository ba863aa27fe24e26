"""A cashier's PIN: wrong tries lock it, a restart gives none back, and nobody learns whether an operator exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pos_engine.checkout.errors import CheckoutError
from pos_engine.checkout.pins import LOCK, TRIES_MAX, PinDesk, PinProof
from pos_engine.wire.cashiers import CashierBody, pin_fits, pin_hash
from tests.support.cashiers import EVA, PinShop, a_cashier
from tests.support.shop import Shop

WRONG = PinProof("17", "0000")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = Shop(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def desk(shop: Shop) -> PinDesk:
    PinShop(shop)
    return PinDesk(shop.journal, shop.replica, shop.clock)


def refusal(desk: PinDesk, proof: PinProof) -> tuple[str, str]:
    with pytest.raises(CheckoutError) as refused:
        desk.check(proof, "en")
    return refused.value.code, refused.value.text


def test_the_right_pin_names_the_cashier(desk: PinDesk) -> None:
    assert desk.check(EVA, "en").name == "Eva"


def test_without_a_pin_one_is_asked_for(desk: PinDesk) -> None:
    assert refusal(desk, PinProof("17"))[0] == "pin_needed"
    assert refusal(desk, PinProof("", "4711"))[0] == "pin_needed"


@pytest.mark.parametrize("proof", [WRONG, PinProof("99", "4711"), PinProof("17", "47111"), PinProof("17", "x" * 200)])
def test_what_is_wrong_is_said_in_one_way(desk: PinDesk, proof: PinProof) -> None:
    assert refusal(desk, proof) == ("pin_refused", "Operator number or PIN is wrong")


def test_a_blocked_pin_is_said_to_its_holder_only(shop: Shop, desk: PinDesk) -> None:
    shop.put("cashier", "17", a_cashier(blocked=True))
    assert "blocked" in refusal(desk, EVA)[1]
    assert refusal(desk, WRONG)[1] == "Operator number or PIN is wrong"


def test_wrong_tries_lock_the_right_pin_too_and_a_restart_changes_nothing(shop: Shop, desk: PinDesk) -> None:
    for _ in range(TRIES_MAX):
        refusal(desk, WRONG)
    assert "15 min" in refusal(desk, EVA)[1]
    shop.restart()
    anew = PinDesk(shop.journal, shop.replica, shop.clock)
    assert "Too many" in refusal(anew, EVA)[1]
    shop.clock.forward(LOCK + timedelta(seconds=1))
    assert anew.check(EVA, "en").operator == "17"


def test_the_right_pin_forgets_wrong_tries(desk: PinDesk) -> None:
    for _ in range(3):
        for _ in range(TRIES_MAX - 1):
            refusal(desk, WRONG)
        desk.check(EVA, "en")


def test_names_that_somebody_makes_up_share_one_count_and_lock_nobody_else(shop: Shop, desk: PinDesk) -> None:
    for number in range(TRIES_MAX):
        refusal(desk, PinProof(f"made-up-{number}", "1234"))
    assert "Too many" in refusal(desk, PinProof("another", "1234"))[1]
    assert desk.check(EVA, "en").operator == "17"
    assert len(shop.journal.note("wrong_pins") or "") < 200


def test_a_pin_is_not_in_what_a_log_would_show() -> None:
    assert "4711" not in repr(EVA)


def test_the_hash_is_scrypt_as_published() -> None:
    """RFC 7914, 12, has other costs; the same library call with its first vector's password is what is checked here."""
    import hashlib  # noqa: PLC0415 - beside the value it makes

    assert pin_hash("4711", b"s" * 16) == hashlib.scrypt(b"4711", salt=b"s" * 16, n=16384, r=8, p=1, dklen=32)
    one, other = a_cashier("1", "1234"), a_cashier("2", "1234")
    assert one.pin_hash != other.pin_hash, "the same PIN of two cashiers looks different"
    assert pin_fits(one, "1234")
    assert not pin_fits(CashierBody(operator="", name="", salt="00" * 16, pin_hash="00" * 32), "1234")
