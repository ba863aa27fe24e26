"""What must be true of coupons and limits: strict never doubles, bounded keeps its bound, every double is reported."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from backoffice.sync_api.doubles import Double, doubles
from backoffice.sync_api.models import Coupon
from pos_engine.rights.ids import member_right, uses_right
from tests.simulation.honoured import Got
from tests.simulation.office import LIMITS, POLICIES
from tests.simulation.promises import need
from tests.simulation.simulation import Simulation


def check_rights(run: Simulation, applied: Iterable[str]) -> None:
    """BrokenPromiseError names the first promise that was not kept. `applied`: the receipts the back-office applied."""
    honoured = _standing(run.honoured.got.values())
    if run.all_leases_told:
        _strict_never_doubles(honoured)
    _bounded_keeps_its_bound(run, honoured)
    here = [run.honoured.got[sha256] for sha256 in applied if sha256 in run.honoured.got]
    with run.office.database.read() as session:
        told = doubles(session, run.office.organisation_id)
        worth = {row.coupon_id: row.uses_total for row in session.execute(select(Coupon.coupon_id, Coupon.uses_total))}
    _coupon_doubles_are_told([case for case in told if case.kind == "coupon"], worth, here)
    _overuses_are_told([case for case in told if case.kind != "coupon"], here)


def _standing(got: Iterable[Got]) -> list[Got]:
    """Sales that were not voided."""
    everything = list(got)
    voided = {(one.till, one.sale_ref) for one in everything if one.kind == "void"}
    return [one for one in everything if one.kind == "sale" and (one.till, one.sale_ref) not in voided]


def _policy(campaign_id: str) -> str:
    return POLICIES[campaign_id].policy if campaign_id in POLICIES else "open"


def _strict_never_doubles(honoured: list[Got]) -> None:
    coupons = _by_coupon(honoured)
    for (campaign_id, coupon_id), receipts in coupons.items():
        if _policy(campaign_id) == "strict":
            need(len(receipts) == 1, f"strict coupon {coupon_id[-4:]} was honoured by {sorted(receipts)}")
    for offer_id, limits in LIMITS.items():
        if _policy(offer_id) == "strict" and limits.uses_total is not None:
            used = sum(one.uses.get(offer_id, 0) for one in honoured)
            need(used <= limits.uses_total, f"strict {offer_id} was used {used} times, {limits.uses_total} may")


def _bounded_keeps_its_bound(run: Simulation, honoured: list[Got]) -> None:
    disks = sum(1 + place.till.disk_number for place in run.places)
    for (campaign_id, coupon_id), receipts in _by_coupon(honoured).items():
        if _policy(campaign_id) == "bounded":
            most = 1 + disks * POLICIES[campaign_id].purchases
            need(
                len(receipts) <= most,
                f"coupon {coupon_id[-4:]} was honoured {len(receipts)} times, {most} is its bound",
            )


def _by_coupon(honoured: Iterable[Got]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in honoured:
        for coupon in one.coupons:
            found[coupon].add(one.receipt_id)
    return found


def _coupon_doubles_are_told(cases: Sequence[Double], worth: dict[str, int], here: list[Got]) -> None:
    told = {case.subject_id: case for case in cases}
    found = {
        coupon_id: receipts
        for (_, coupon_id), receipts in _by_coupon(_standing(here)).items()
        if len(receipts) > worth.get(coupon_id, 1)
    }
    for coupon_id, receipts in found.items():
        need(coupon_id in told, f"coupon {coupon_id[-4:]} was honoured by {sorted(receipts)} and is in no report")
        named = {use.receipt_id for use in told[coupon_id].uses}
        need(named == receipts, f"of the double use of {coupon_id[-4:]} the report names {sorted(named)}")
    need(told.keys() == found.keys(), "the report tells of double uses that were none")


def _overuses_are_told(cases: Sequence[Double], here: list[Got]) -> None:
    used: Counter[str] = Counter()
    for one in here:
        for right_id in _limits_of(one):
            used[right_id] += one.uses[_offer_of(right_id)]
    to_name: dict[str, set[str]] = defaultdict(set)
    for one in _standing(here):
        for right_id in _limits_of(one):
            # Of what all share only what rested on nothing is to blame; of a member's own uses all are listed.
            if right_id.startswith("member|") or right_id in one.loose_rights:
                to_name[right_id].add(one.receipt_id)
    told = {_right_of(case): case for case in cases}
    over = {right_id for right_id, count in used.items() if count > _worth(right_id)}
    need(told.keys() == over, f"limits used too often: {sorted(over)}, the report tells of {sorted(told)}")
    for right_id, case in told.items():
        need(case.used == used[right_id], f"{right_id} was used {used[right_id]} times, the report says {case.used}")
        named = {use.receipt_id for use in case.uses}
        need(
            named == to_name[right_id],
            f"of {right_id} the report names {sorted(named)}, to name are {sorted(to_name[right_id])}",
        )


def _limits_of(got: Got) -> list[str]:
    """The limits that a receipt counts for; each of the offers is limited in all."""
    limits = []
    for offer_id in LIMITS.keys() & got.uses.keys():
        limits.append(uses_right(offer_id))
        if got.member_id and LIMITS[offer_id].uses_per_member is not None:
            limits.append(member_right(offer_id, got.member_id))
    return limits


def _right_of(case: Double) -> str:
    return member_right(case.subject_id, case.member_id) if case.kind == "member" else uses_right(case.subject_id)


def _offer_of(right_id: str) -> str:
    return right_id.split("|")[1]


def _worth(right_id: str) -> int:
    limits = LIMITS[_offer_of(right_id)]
    limit = limits.uses_per_member if right_id.startswith("member|") else limits.uses_total
    assert limit is not None
    return limit
