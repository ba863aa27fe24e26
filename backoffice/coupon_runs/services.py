"""Issuing coupons on paper that belong to nobody, taking them back, and where they stand.

Laws: a run is told to the tills as one row, with the key of its codes (`pos_engine/wire/coupon_runs.py`); single
coupons of it are told only when one was redeemed or taken back. What a code gives is what its campaign says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backoffice.audit.services import Doing
from backoffice.bulk import streamed
from backoffice.campaigns.build import last_day, series_id
from backoffice.campaigns.form import CampaignForm, load_form
from backoffice.campaigns.models import Campaign
from backoffice.coupon_runs.models import CouponRun
from backoffice.errors import InputError
from backoffice.i18n import gettext as _
from backoffice.sync_api.changes import record_change
from backoffice.sync_api.coupons import RUN_PREFIX, TAKEN_BACK, put_on_paper, tell_coupons
from backoffice.sync_api.models import Coupon, CouponRedemption
from backoffice.vault import vault_of
from pos_engine.core.coupon_code import ALPHABET, TAG_CHARACTERS, has_shape_of_code, read_coupon_code
from pos_engine.wire.coupon_runs import CouponRunBody, run_code

CODES_MAX: Final = 50_000
"""Coupons of one run: what a printing house delivers on a pallet; a campaign may have several runs."""
PUBLIC_USES_MAX: Final = 1_000
"""Every use of one code is told to every till with the uses before it; for more people a run of codes is meant."""
NAME_MAX: Final = 100
CODES, PUBLIC = "codes", "public"
_PUBLIC_CODE: Final = re.compile(r"(?=.*[A-Z])[A-Z0-9]{4,20}")
_TAG_TRIES_MAX: Final = 50
_OVER: Final = ("stopped", "ending")


@dataclass(frozen=True)
class Wanted:
    """What a new run shall be. `count`: papers, or uses of a public code. Days are inclusive; None: as the campaign."""

    name: str
    count: int
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class Standing:
    """A run and how many of its coupons (of a public code: of its uses) are where."""

    run: CouponRun
    issued: int
    redeemed: int
    open: int
    taken_back: int


def issue_codes(session: Session, doing: Doing, campaign_id: str, wanted: Wanted) -> CouponRun:
    """Issue papers with a code each. InputError: the campaign is of another kind or not published, or wrong numbers."""
    campaign, form = _ready(session, doing, campaign_id)
    _checked(wanted, CODES_MAX, form)
    run = _kept(session, doing, campaign, _free_tag(session, doing), CODES, wanted)
    key = vault_of(session).coupon_run_key(doing.organisation_id, run.tag)
    codes = [run_code(key, run.tag, number) for number in range(run.count)]
    put_on_paper(session, _blank(run, doing), codes)
    _tell(session, run)
    doing.note(session, "coupons_issued", "campaign", campaign_id, f"{run.tag}: {run.count}")
    return run


def issue_public_code(session: Session, doing: Doing, campaign_id: str, code: str, wanted: Wanted) -> CouponRun:
    """Let everybody use one code, so many times in all. InputError also when the code cannot be one, or is taken."""
    campaign, form = _ready(session, doing, campaign_id)
    _checked(wanted, PUBLIC_USES_MAX, form)
    cleaned = code.strip().upper()
    if not _PUBLIC_CODE.fullmatch(cleaned) or has_shape_of_code(cleaned):
        raise InputError(_("A public code has 4 to 20 letters and digits, at least one letter, like SUMMER26."), "code")
    if session.get(Coupon, (doing.organisation_id, cleaned)) is not None:
        raise InputError(_("The code %(code)s is taken. Choose another one.", code=cleaned), "code")
    run = _kept(session, doing, campaign, cleaned, PUBLIC, wanted)
    put_on_paper(session, _blank(run, doing, uses_total=run.count), [cleaned])
    tell_coupons(session, doing.organisation_id, [cleaned])
    doing.note(session, "coupons_issued", "campaign", campaign_id, f"{cleaned}: {run.count}")
    return run


def void_run(session: Session, doing: Doing, tag: str) -> int:
    """Take a whole run back; how many coupons were still open. Those that were redeemed stay so. InputError."""
    run = run_of(session, doing.organisation_id, tag)
    if run.void:
        raise InputError(_("These coupons were taken back already."))
    run.void = True
    taken = _take_back(session, run)
    if run.kind == CODES:
        _tell(session, run)
    else:
        tell_coupons(session, doing.organisation_id, [run.tag])
    doing.note(session, "coupons_taken_back", "campaign", run.campaign_id, f"{run.tag}: {taken}")
    return taken


def void_runs_of(session: Session, doing: Doing, campaign_id: str) -> int:
    """Take every run of a campaign back; how many coupons were still open."""
    tags = session.scalars(
        select(CouponRun.tag).where(
            CouponRun.organisation_id == doing.organisation_id,
            CouponRun.campaign_id == campaign_id,
            CouponRun.void.is_(False),
        )
    ).all()
    return sum(void_run(session, doing, tag) for tag in tags)


def void_code(session: Session, doing: Doing, campaign_id: str, typed: str) -> Coupon:
    """Take one coupon back. InputError: this campaign has no such coupon, or it is used or taken back."""
    coupon = _coupon(session, doing, campaign_id, typed)
    if coupon.state != "open":
        raise InputError(_("The coupon %(code)s is not open any more.", code=coupon.coupon_id))
    return _set_state(session, doing, coupon, TAKEN_BACK, "coupon_taken_back")


def give_back_code(session: Session, doing: Doing, campaign_id: str, typed: str) -> Coupon:
    """Undo of `void_code`. InputError: it was not taken back, or with its whole run."""
    coupon = _coupon(session, doing, campaign_id, typed)
    run = session.get(CouponRun, (doing.organisation_id, coupon.issued_by.removeprefix(RUN_PREFIX)))
    if coupon.state != TAKEN_BACK or run is None or run.void:
        raise InputError(_("The coupon %(code)s was not taken back singly.", code=coupon.coupon_id))
    return _set_state(session, doing, coupon, "open", "coupon_given_back")


def run_of(session: Session, organisation_id: str, tag: str) -> CouponRun:
    """A run of this organisation. InputError: there is none."""
    run = session.get(CouponRun, (organisation_id, tag))
    if run is None:
        raise InputError(_("These coupons are no longer there."))
    return run


def standings(session: Session, organisation_id: str, campaign_id: str) -> list[Standing]:
    """The runs of a campaign, newest first, with what became of their coupons."""
    runs = session.scalars(
        select(CouponRun)
        .where(CouponRun.organisation_id == organisation_id, CouponRun.campaign_id == campaign_id)
        .order_by(CouponRun.created_at.desc(), CouponRun.tag)
    ).all()
    counted: dict[str, dict[str, int]] = {}
    for issued_by, state, count in session.execute(
        select(Coupon.issued_by, Coupon.state, func.count())
        .where(Coupon.organisation_id == organisation_id, Coupon.campaign_id == campaign_id, Coupon.medium == "paper")
        .group_by(Coupon.issued_by, Coupon.state)
    ):
        counted.setdefault(issued_by, {})[state] = count
    return [_standing(session, run, counted.get(RUN_PREFIX + run.tag, {})) for run in runs]


def note_export(session: Session, doing: Doing, run: CouponRun, how: str) -> None:
    """Codes are worth money: who carried them out of the house stands on record."""
    doing.note(session, "coupons_exported", "campaign", run.campaign_id, f"{run.tag}: {run.count}, {how}")


def coupons_of(session: Session, run: CouponRun, after: str = "") -> Iterator[Coupon]:
    """Every coupon of a run behind the code `after`, in the order of their numbers."""
    statement = select(Coupon).where(
        Coupon.organisation_id == run.organisation_id,
        Coupon.campaign_id == run.campaign_id,
        Coupon.issued_by == RUN_PREFIX + run.tag,
        Coupon.coupon_id > after,
    )
    for (coupon,) in streamed(session, statement.order_by(Coupon.coupon_id), 1_000):
        yield coupon


def _standing(session: Session, run: CouponRun, states: dict[str, int]) -> Standing:
    if run.kind == CODES:
        redeemed = states.get("redeemed", 0) + states.get("overdrawn", 0)
        return Standing(run, run.count, redeemed, states.get("open", 0), states.get(TAKEN_BACK, 0))
    used = session.scalar(
        select(func.count()).where(
            CouponRedemption.organisation_id == run.organisation_id, CouponRedemption.coupon_id == run.tag
        )
    )
    left = max(0, run.count - (used or 0))
    return Standing(run, run.count, used or 0, 0 if run.void else left, left if run.void else 0)


def _ready(session: Session, doing: Doing, campaign_id: str) -> tuple[Campaign, CampaignForm]:
    campaign = session.get(Campaign, (doing.organisation_id, campaign_id))
    if campaign is None:
        raise InputError(_("This campaign is no longer there."))
    form = load_form(campaign.form)
    if form.kind != "codes":
        raise InputError(_("This campaign is not redeemed by a printed or public code."))
    if not campaign.live_version or campaign.state in _OVER:
        raise InputError(_("Publish the campaign first: tills must know what its coupons give."))
    return campaign, form


def _checked(wanted: Wanted, most: int, form: CampaignForm) -> None:
    if not wanted.name or len(wanted.name) > NAME_MAX:
        raise InputError(
            _("Say in at most %(most)s characters what they are for, like “leaflet in May”.", most=NAME_MAX), "name"
        )
    if not 1 <= wanted.count <= most:
        raise InputError(_("The number is between 1 and %(most)s.", most=most), "count")
    first, last = wanted.valid_from or form.starts_on, wanted.valid_until or last_day(form)
    if last < first:
        raise InputError(_("The last day is before the first one."), "valid_until")
    if last > last_day(form):
        raise InputError(_("The campaign ends before the coupons do: they would give nothing then."), "valid_until")


def _kept(session: Session, doing: Doing, campaign: Campaign, tag: str, kind: str, wanted: Wanted) -> CouponRun:
    run = CouponRun(
        organisation_id=doing.organisation_id,
        tag=tag,
        campaign_id=campaign.campaign_id,
        kind=kind,
        name=wanted.name,
        count=wanted.count,
        valid_from=wanted.valid_from or campaign.starts_on,
        valid_until=wanted.valid_until or campaign.ends_on,
        void=False,
        created_at=doing.clock.now(),
        created_by=doing.actor,
    )
    session.add(run)
    session.flush()
    return run


def _free_tag(session: Session, doing: Doing) -> str:
    """Four letters that no run of the organisation has."""
    for _try in range(_TAG_TRIES_MAX):
        digest = hashlib.sha256(doing.ids.new_id().encode()).digest()
        tag = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:TAG_CHARACTERS])
        if session.get(CouponRun, (doing.organisation_id, tag)) is None:
            return tag
    raise InputError(_("There are too many print runs already."))


def _blank(run: CouponRun, doing: Doing, uses_total: int = 1) -> Coupon:
    """What all coupons of a run have in common."""
    return Coupon(
        organisation_id=run.organisation_id,
        coupon_id="",
        series_id=series_id(run.campaign_id),
        campaign_id=run.campaign_id,
        member_id="",
        medium="paper",
        state="open",
        valid_from=run.valid_from,
        valid_until=run.valid_until,
        uses_total=uses_total,
        issued_at=doing.clock.now(),
        issued_by=RUN_PREFIX + run.tag,
        redeemed_by="[]",
    )


def _tell(session: Session, run: CouponRun) -> None:
    body = CouponRunBody(
        tag=run.tag,
        series_id=series_id(run.campaign_id),
        campaign_id=run.campaign_id,
        key=vault_of(session).coupon_run_key(run.organisation_id, run.tag),
        count=run.count,
        valid_from=run.valid_from,
        valid_until=run.valid_until,
        void=run.void,
    )
    record_change(session, run.organisation_id, "coupon_run", run.tag, "put", msgspec.json.encode(body))


def _take_back(session: Session, run: CouponRun) -> int:
    taken: Sequence[str] = session.scalars(
        update(Coupon)
        .where(
            Coupon.organisation_id == run.organisation_id,
            Coupon.campaign_id == run.campaign_id,
            Coupon.issued_by == RUN_PREFIX + run.tag,
            Coupon.state == "open",
        )
        .values(state=TAKEN_BACK)
        .returning(Coupon.coupon_id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(taken)


def _coupon(session: Session, doing: Doing, campaign_id: str, typed: str) -> Coupon:
    code = read_coupon_code(typed) or typed.strip().upper()
    coupon = session.get(Coupon, (doing.organisation_id, code))
    if coupon is None or coupon.campaign_id != campaign_id or not coupon.issued_by.startswith(RUN_PREFIX):
        raise InputError(_("This campaign issued no coupon %(code)s.", code=code[:40]))
    return coupon


def _set_state(session: Session, doing: Doing, coupon: Coupon, state: str, act: str) -> Coupon:
    coupon.state = state
    session.flush()
    tell_coupons(session, doing.organisation_id, [coupon.coupon_id])
    doing.note(session, act, "campaign", coupon.campaign_id, coupon.coupon_id)
    return coupon
