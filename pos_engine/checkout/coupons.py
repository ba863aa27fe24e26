"""Which coupons count on this sale: those a card holds, and codes that were handed over, each with a plain answer.

Law: what is left of a coupon is `uses_total` minus the union of the receipts that redeemed it anywhere (replica) and
here (journal), so that nothing counts twice while the news is on its way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pos_engine import words
from pos_engine.checkout.answers import CouponAnswer, CouponVerdict
from pos_engine.core.basket import PresentedCoupon
from pos_engine.core.coupon_code import has_shape_of_code, parts_of_run_code, read_coupon_code
from pos_engine.core.member import HeldCoupon
from pos_engine.journal.journal import Journal
from pos_engine.journal.replica import Replica
from pos_engine.wire.coupon_runs import CouponRunBody, is_of_run
from pos_engine.wire.sync import CouponBody


@dataclass(frozen=True)
class HandedOver:
    """What became of the codes handed over: the coupons that count, and an answer for each code."""

    presented: tuple[PresentedCoupon, ...]
    answers: tuple[CouponAnswer, ...]


@dataclass(frozen=True)
class _Known:
    """A coupon with what is left of it. `dead`: the receipt that gave it out was voided. `taken_back`: by the shop."""

    body: CouponBody
    uses_left: int
    dead: bool = False
    taken_back: bool = False


class Coupons:
    """Looks coupons up in the replica and among those this till gave out itself."""

    def __init__(self, journal: Journal, replica: Replica) -> None:
        self._journal = journal
        self._replica = replica

    def is_coupon(self, text: str) -> bool:
        """Whether a scanned text is meant as a coupon: it is known as one, or has the form of our paper codes."""
        return _looks_like_code(text) or self._replica.coupon(self._named(text)) is not None

    def held_by(self, member_id: str) -> tuple[HeldCoupon, ...]:
        """Coupons on a member's card, used ones included: the rules say why one does not count any more."""
        bodies = {body.coupon_id: body for body in self._replica.coupons_of(member_id)}
        for coupon in self._journal.own_coupons_of(member_id):
            if coupon.coupon_id not in bodies:
                bodies[coupon.coupon_id] = CouponBody(
                    coupon_id=coupon.coupon_id,
                    series_id=coupon.series_id,
                    campaign_id=coupon.campaign_id,
                    member_id=coupon.member_id,
                    valid_from=coupon.valid_from,
                    valid_until=coupon.valid_until,
                )
        here = self._journal.redeemed_by(bodies)
        return tuple(
            HeldCoupon(
                coupon_id=body.coupon_id,
                series_id=body.series_id,
                valid_from=body.valid_from,
                valid_until=body.valid_until,
                uses_left=_left(body, here[coupon_id]),
            )
            for coupon_id, body in sorted(bodies.items())
        )

    def hand_over(self, codes: Iterable[str], member_id: str, today: date, language: str) -> HandedOver:
        """Judge each code. A code that does not count never stops the sale."""
        presented: list[PresentedCoupon] = []
        answers: list[CouponAnswer] = []
        for text in codes:
            code = self._code(text)
            known = self._find(code)
            verdict, about = ("not_genuine", None) if self._invented(code) else _judge(code, known, member_id, today)
            params = {} if about is None else {"day": words.date_text(about, language)}
            sentence = words.text(f"coupon.{verdict}", language, coupon=code, **params)
            answers.append(CouponAnswer(code, verdict == "accepted", verdict, sentence))
            if verdict == "accepted" and known is not None:
                presented.append(PresentedCoupon(code, known.body.series_id))
        return HandedOver(tuple(dict.fromkeys(presented)), tuple(answers))

    def without_those_of(self, member_id: str, codes: Iterable[str]) -> tuple[str, ...]:
        """The codes that are not bound to this member, as they were read: those that count for anybody, or unknown."""
        return tuple(text for text in codes if self._member_of(text) != member_id)

    def still_open(self, coupon_ids: Iterable[str]) -> bool:
        """Whether each of these can be redeemed once more."""
        found = (self._find(coupon_id) for coupon_id in coupon_ids)
        return all(known is not None and known.uses_left > 0 and not known.dead for known in found)

    def counted(self, coupon_id: str) -> tuple[CouponBody, int] | None:
        """A coupon, and how often it is known to be used; None: it is not known here."""
        known = self._find(coupon_id)
        return None if known is None else (known.body, known.body.uses_total - known.uses_left)

    def _find(self, coupon_id: str) -> _Known | None:
        body = self._replica.coupon(coupon_id)
        own = self._journal.own_coupon(coupon_id)
        if body is None and own is not None:
            coupon = own.coupon
            body = CouponBody(
                coupon_id=coupon.coupon_id,
                series_id=coupon.series_id,
                campaign_id=coupon.campaign_id,
                member_id=coupon.member_id,
                valid_from=coupon.valid_from,
                valid_until=coupon.valid_until,
            )
        run = self._run_of(coupon_id)
        if body is None and run is not None and is_of_run(run, coupon_id):
            body = CouponBody(
                coupon_id=coupon_id,
                series_id=run.series_id,
                campaign_id=run.campaign_id,
                valid_from=run.valid_from,
                valid_until=run.valid_until,
            )
        if body is None:
            return None
        here = self._journal.redeemed_by([coupon_id])[coupon_id]
        taken_back = body.uses_total == 0 or (run is not None and run.void)
        return _Known(body, _left(body, here), dead=own is not None and own.dead, taken_back=taken_back)

    def _code(self, text: str) -> str:
        """How a coupon is called, however its code was read."""
        return read_coupon_code(text) or self._named(text)

    def _member_of(self, text: str) -> str:
        """Whose coupon a code is; empty: anybody's, or it is not known here."""
        known = self._find(self._code(text))
        return "" if known is None else known.body.member_id

    def _run_of(self, code: str) -> CouponRunBody | None:
        """The print run that a code names, whether or not it was printed in it."""
        parts = parts_of_run_code(code)
        return None if parts is None else self._replica.coupon_run(parts.tag)

    def _named(self, text: str) -> str:
        """A code that everybody may know is kept in capital letters; anything else as it was read."""
        typed = text.strip().upper()
        return text if self._replica.coupon(typed) is None else typed

    def _invented(self, code: str) -> bool:
        """Whether a code names a print run that is known here, and was never printed in it."""
        run = self._run_of(code)
        return run is not None and not is_of_run(run, code)


def _left(body: CouponBody, here: frozenset[str]) -> int:
    return max(0, body.uses_total - len(here.union(body.redeemed_by)))


def _looks_like_code(text: str) -> bool:
    packed = "".join(text.split()).replace("-", "")
    return has_shape_of_code(packed)


def _judge(code: str, known: _Known | None, member_id: str, today: date) -> tuple[CouponVerdict, date | None]:
    """The verdict, and the date it speaks of."""
    if known is None:
        return ("unreadable" if _looks_like_code(code) and read_coupon_code(code) is None else "unknown"), None
    body = known.body
    verdict: CouponVerdict = "accepted"
    about: date | None = None
    if known.dead:
        verdict = "cancelled"
    elif known.taken_back:
        verdict = "taken_back"
    elif body.member_id and body.member_id != member_id:
        verdict = "other_member"
    elif known.uses_left == 0:
        verdict = "used"
    elif body.valid_from is not None and today < body.valid_from:
        verdict, about = "not_yet", body.valid_from
    elif body.valid_until is not None and today > body.valid_until:
        verdict, about = "expired", body.valid_until
    return verdict, about
