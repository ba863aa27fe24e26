"""Printed coupons and public codes of campaigns: issued, read, taken back. Who reads codes is put on record."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from sqlalchemy.orm import Session

from backoffice.api import coupon_run_documents as c
from backoffice.api import documents as d
from backoffice.api.calls import Call, Operation, cursor_of, key_of
from backoffice.api.problems import ProblemError, not_found
from backoffice.api.scopes import Scope
from backoffice.campaigns.actions import get_campaign
from backoffice.campaigns.models import Campaign
from backoffice.coupon_runs import services
from backoffice.coupon_runs.models import CouponRun
from backoffice.coupon_runs.services import Standing, Wanted
from backoffice.sync_api.models import Coupon


def _campaign_or_404(session: Session, call: Call) -> Campaign:
    campaign = get_campaign(session, call.organisation_id, call.path["campaign_id"])
    if campaign is None:
        raise not_found("campaign")
    return campaign


def _run_or_404(session: Session, call: Call) -> CouponRun:
    campaign = _campaign_or_404(session, call)
    run = session.get(CouponRun, (call.organisation_id, call.path["tag"]))
    if run is None or run.campaign_id != campaign.campaign_id:
        raise not_found("coupon run")
    return run


def list_coupon_runs(session: Session, call: Call) -> d.Page[c.CouponRun]:
    """The runs of a campaign, the newest first, with what became of their coupons."""
    campaign = _campaign_or_404(session, call)
    found = services.standings(session, call.organisation_id, campaign.campaign_id)
    return d.Page[c.CouponRun](items=tuple(_told(each) for each in found))


def _told(standing: Standing) -> c.CouponRun:
    run = standing.run
    own = ("tag", "campaign_id", "kind", "name", "count", "valid_from", "valid_until", "created_at")
    values: dict[str, Any] = {name: getattr(run, name) for name in own}
    return c.CouponRun(
        **values,
        taken_back_as_a_whole=run.void,
        redeemed=standing.redeemed,
        open=standing.open,
        taken_back=standing.taken_back,
    )


def _now(session: Session, call: Call, tag: str) -> c.CouponRun:
    found = services.standings(session, call.organisation_id, call.path["campaign_id"])
    return next(_told(each) for each in found if each.run.tag == tag)


def issue_coupons(session: Session, call: Call) -> c.CouponRun:
    """Coupons with a code each."""
    body: c.NewCoupons = call.body
    campaign = _campaign_or_404(session, call)
    wanted = Wanted(_line(body.name), body.count, body.valid_from, body.valid_until)
    return _now(session, call, services.issue_codes(session, call.doing, campaign.campaign_id, wanted).tag)


def issue_public_code(session: Session, call: Call) -> c.CouponRun:
    """One code for everybody, so many times in all."""
    body: c.NewPublicCode = call.body
    campaign = _campaign_or_404(session, call)
    wanted = Wanted(_line(body.name), body.count, body.valid_from, body.valid_until)
    run = services.issue_public_code(session, call.doing, campaign.campaign_id, body.code, wanted)
    return _now(session, call, run.tag)


def _line(text: str) -> str:
    return " ".join(text.split())


def read_codes(session: Session, call: Call) -> d.Page[c.RunCode]:
    """The codes of a run, for whoever prints or sends them; the first part is put on record."""
    body: c.CodesAsked = call.body
    run = _run_or_404(session, call)
    after = key_of(body.cursor, 1)
    if after is None:
        services.note_export(session, call.doing, run, "json")
    found = list(islice(services.coupons_of(session, run, after[0] if after else ""), body.limit + 1))
    shown = found[: body.limit]
    return d.Page[c.RunCode](
        items=tuple(c.RunCode(code=each.coupon_id, state=each.state) for each in shown),
        next_cursor=cursor_of(shown[-1].coupon_id) if len(found) > body.limit else None,
    )


def take_back_run(session: Session, call: Call) -> c.CouponRun:
    """Take a whole run back; what was redeemed stays so."""
    run = _run_or_404(session, call)
    if run.void:
        raise ProblemError(409, "conflict", "These coupons were taken back already.")
    services.void_run(session, call.doing, run.tag)
    return _now(session, call, run.tag)


def take_back_code(session: Session, call: Call) -> c.RunCode:
    """Take one coupon back."""
    body: c.OneCode = call.body
    campaign = _campaign_or_404(session, call)
    return _code(services.void_code(session, call.doing, campaign.campaign_id, body.code))


def give_back_code(session: Session, call: Call) -> c.RunCode:
    """Undo of taking one coupon back."""
    body: c.OneCode = call.body
    campaign = _campaign_or_404(session, call)
    return _code(services.give_back_code(session, call.doing, campaign.campaign_id, body.code))


def _code(coupon: Coupon) -> c.RunCode:
    return c.RunCode(code=coupon.coupon_id, state=coupon.state)


_CAMPAIGN: Final = "/campaigns/{campaign_id}"

OPERATIONS: Final = (
    Operation(
        "listCouponRuns", "GET", f"{_CAMPAIGN}/coupon-runs", "Printed coupons and public codes of a campaign",
        Scope.COUPON_RUNS_READ, list_coupon_runs, d.Page[c.CouponRun],
    ),
    Operation(
        "issueCoupons", "POST", f"{_CAMPAIGN}/coupon-runs", "Issue coupons with a code each", Scope.COUPON_RUNS_WRITE,
        issue_coupons, c.CouponRun, body=c.NewCoupons, status=201, keyed=True,
    ),
    Operation(
        "issuePublicCode", "POST", f"{_CAMPAIGN}/public-codes", "Issue one code for everybody",
        Scope.COUPON_RUNS_WRITE, issue_public_code, c.CouponRun, body=c.NewPublicCode, status=201, keyed=True,
    ),
    Operation(
        "readCodes", "POST", f"{_CAMPAIGN}/coupon-runs/{{tag}}/codes", "The codes of a run; reading is recorded",
        Scope.COUPON_RUNS_WRITE, read_codes, d.Page[c.RunCode], body=c.CodesAsked,
    ),
    Operation(
        "takeBackRun", "POST", f"{_CAMPAIGN}/coupon-runs/{{tag}}/take-back", "Take all coupons of a run back",
        Scope.COUPON_RUNS_WRITE, take_back_run, c.CouponRun,
    ),
    Operation(
        "takeBackCode", "POST", f"{_CAMPAIGN}/codes/take-back", "Take one coupon back", Scope.COUPON_RUNS_WRITE,
        take_back_code, c.RunCode, body=c.OneCode,
    ),
    Operation(
        "giveBackCode", "POST", f"{_CAMPAIGN}/codes/give-back", "Undo of taking one coupon back",
        Scope.COUPON_RUNS_WRITE, give_back_code, c.RunCode, body=c.OneCode,
    ),
)  # fmt: skip
