"""The bakery's back-office as its staff use it, without a browser: pages, forms, and a till beside it."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.campaigns.actions import list_campaigns, set_state
from backoffice.db import run_in_tx
from backoffice.members.models import Card
from backoffice.members.personal import Person
from backoffice.members.services import MemberInput, add_card, create_group, create_member
from tests.support.office import OfficeBench
from tests.support.web_forms import Page


class ShopDesk:
    """Somebody who may do everything, at the pages of one organisation where no campaign runs yet."""

    def __init__(self, bench: OfficeBench) -> None:
        self.bench = bench
        self.client = bench.client("owner", bench.organisation_id)

        def stop_all(tx: Session) -> None:
            for campaign in list_campaigns(tx, bench.organisation_id, bench.clock.now().date()):
                set_state(tx, bench.doing, campaign.campaign_id, "stopped")

        run_in_tx(bench.office.database.write, stop_all)
        bench.publish()

    def page(self, path: str) -> Page:
        """What a page shows."""
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code)
        return Page(answer.text)

    def send(self, path: str, action: str, **fields: Any) -> Page:
        """Fill in a form of a page and send it; the page that follows."""
        form = self.page(path).form(action)
        data: dict[str, list[str]] = {}
        for name, value in form.filled(fields):
            data.setdefault(name, []).append(value)
        answer = self.client.post(form.action or path, data=data, follow_redirects=True)
        assert answer.status_code == 200, Page(answer.text).text
        return Page(answer.text)

    def campaign(self, preset: str, **fields: Any) -> str:
        """Publish a new campaign; its id."""
        shown = self.send(f"/campaigns/new?preset={preset}", r"/campaigns/new$", act="publish", **fields)
        found = re.search(r"/campaigns/([0-9a-f-]{36})/", shown.html)
        assert found, shown.text[:600]
        return found[1]

    def member(self, first_name: str, card_id: str = "", *group_ids: str, **person: Any) -> str:
        """A new member, with a card; the id."""
        doing = self.bench.doing

        def work(tx: Session) -> str:
            values = MemberInput(Person(first_name, "Weber", **person), group_ids=group_ids)
            made = create_member(tx, doing, values)
            if card_id:
                add_card(tx, doing, made.member_id, card_id)
            return made.member_id

        return run_in_tx(self.bench.office.database.write, work)

    def group(self, name: str) -> str:
        """A new group; its id."""
        doing = self.bench.doing
        return run_in_tx(self.bench.office.database.write, lambda tx: create_group(tx, doing, name).group_id)

    def cards(self, member_id: str) -> dict[str, str]:
        """The states of a member's cards."""
        with self.bench.office.database.read() as reader:
            rows = reader.scalars(select(Card).where(Card.member_id == member_id)).all()
            return {row.card_id: row.state for row in rows}
