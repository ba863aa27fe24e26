"""A member who is looking at the own page: by the cookie into which the link was moved, never by a session of staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_babel import force_locale

from backoffice.audit.services import Doing
from backoffice.clock import local_date
from backoffice.consent.ledger import BY_MEMBER
from backoffice.consent.links import Link, LinkError
from backoffice.consent.wording import member_language
from backoffice.members import personal
from backoffice.members.models import Member
from backoffice.members.personal import Person
from backoffice.organisations.models import Organisation
from backoffice.organisations.services import stores_of
from backoffice.selfservice.links import OWN_PAGES, form_code, is_own_form, is_young, open_link
from backoffice.vault import vault_of
from backoffice.web import format as fmt
from backoffice.web.context import office, read

COOKIE: Final = "member"
COOKIE_LIFE: Final = timedelta(hours=1)
"""A page that was left open on somebody's phone is closed after it; the link opens it again."""


@dataclass(frozen=True)
class Visit:
    """Whose page is open, by which link. `code`: what its forms carry."""

    token: str
    link: Link
    member: Member
    person: Person
    organisation: Organisation
    zone: str
    code: str

    @property
    def language(self) -> str:
        """The language of the page: the member's."""
        return member_language(self.member.language)

    @property
    def young(self) -> bool:
        """Whether the link may do what cannot be taken back."""
        return is_young(self.link, office().clock.now())

    @property
    def today(self) -> date:
        """The day in the shop."""
        return local_date(office().clock, self.zone)

    @property
    def doing(self) -> Doing:
        """On whose behalf services act."""
        return Doing(self.link.organisation_id, BY_MEMBER, office().clock, office().ids)


def visit_by(token: str) -> Visit:
    """Open a link. LinkError: it opens nothing."""
    with read() as reader:
        link = open_link(reader, token, office().clock.now())
        organisation = reader.get_one(Organisation, link.organisation_id)
        stores = stores_of(reader, link.organisation_id)
        return Visit(
            token,
            link,
            reader.get_one(Member, (link.organisation_id, link.member_id)),
            personal.load(reader, link.organisation_id, [link.member_id]).get(link.member_id, Person()),
            organisation,
            stores[0].zone if stores else "UTC",
            form_code(vault_of(reader), token),
        )


def visit() -> Visit:
    """The visit of this request. LinkError: there is none, or its link has ended."""
    return visit_by(request.cookies.get(COOKIE, ""))


def sent_visit() -> Visit:
    """The visit of a form that was sent; 400 when no page of ours showed the form. LinkError."""
    found = visit()
    with read() as reader:
        if not is_own_form(vault_of(reader), found.token, request.form.get("code", "")):
            abort(400)
    return found


def page(of: Visit, template: str, status: int = 200, **values: object) -> Response:
    """A page in the member's language, with money and times as this shop counts them."""
    currency = of.organisation.currency
    with force_locale(of.language):
        shown = render_template(
            template,
            visit=of,
            shop=of.organisation.name,
            money=lambda minor: fmt.money(minor, currency),
            instant=lambda value: fmt.instant(value, of.zone),
            **values,
        )
    return make_response(shown, status)


def wrong_link(error: LinkError) -> Response:
    """A link that opens nothing: 410 when its time is over, 404 otherwise; the cookie goes with it."""
    answer = make_response(
        render_template("consent/wrong_link.html", shop="", expired=error.expired), 410 if error.expired else 404
    )
    answer.delete_cookie(COOKIE, path=OWN_PAGES)
    return answer


def remember(answer: Response, token: str) -> Response:
    """Move the link into a cookie that only these pages get."""
    encrypted = request.is_secure or office().settings.public_url.startswith("https:")
    answer.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_LIFE,
        path=OWN_PAGES,
        secure=encrypted,
        httponly=True,
        samesite="Lax",  # a link in a mail program comes from elsewhere; forms of others are refused by their code
    )
    return answer


def guard(blueprint: Blueprint) -> None:
    """What every page behind a link has: search engines keep out, nothing is kept, no page says where one was."""

    @blueprint.after_request
    def unlisted(response: Response) -> Response:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    blueprint.register_error_handler(LinkError, wrong_link)
