"""The rights of one till, on its disk: its side of asking and hearing, and what its sales may rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pos_engine.journal import rights
from pos_engine.journal.engine import Connection
from pos_engine.journal.errors import JournalError
from pos_engine.journal.identity import TillIdentity
from pos_engine.journal.journal import Journal
from pos_engine.journal.rights import HandRows
from pos_engine.ports.clock import Ids
from pos_engine.rights.borrowing import (
    OFFICE,
    Heard,
    Link,
    Wish,
    begin_again,
    hear,
    make_ask,
    make_statement,
    rights_named,
)
from pos_engine.rights.covering import Hand
from pos_engine.wire.rights import RIGHTS_MAX, RightAnswer, RightAsk

_ENDED = "rights.ended_properly"
"""Note that is there while no program works with the rights. A start that does not find it begins new lives."""

NOTHING = HandRows(Hand({}, {}), {})


class HeldRights:
    """Thread-safe by the journal. `lender`: whom this till asks; it is told once, before the first sale."""

    def __init__(self, journal: Journal, ids: Ids, lender: str = OFFICE) -> None:
        self._journal = journal
        self._ids = ids
        self._started = False
        self._telling: str | None = None
        self.lender = lender
        try:
            self._start()
        except JournalError:
            # A full disk: nothing is confirmed in this start, so nothing counts; it is tried again before asking.
            return

    def close(self) -> None:
        """The program ends properly: nothing of what it did is unknown to this disk."""
        if self._started:
            self._journal.set_note(_ENDED, "yes")

    def hand(self, right_ids: Iterable[str], sale_ref: str, *, closing: bool = False) -> HandRows:
        """What a sale may rest on now."""
        wanted = tuple(right_ids)
        if not wanted:
            return NOTHING

        def step(connection: Connection) -> HandRows:
            till = self._journal.identity_in(connection)
            if till is None:
                return NOTHING
            return rights.hand(connection, till, self.lender, self._journal.boot_id, wanted, sale_ref, closing=closing)

        return self._journal.read(step)

    def share(self, right_id: str, sale_ref: str, *, closing: bool = False) -> tuple[int, int, str]:
        """Of one right: units that a sale may rest on now, units this till used without a lease, what receipts name.

        What was used without one stands in receipts that wait and in other open sales.
        """

        def step(connection: Connection) -> tuple[int, int, str]:
            till = self._journal.identity_in(connection)
            if till is None:
                return 0, 0, ""
            boot_id = self._journal.boot_id
            return rights.share(connection, till, self.lender, boot_id, right_id, sale_ref, closing=closing)

        return self._journal.read(step)

    def ask(self, wants: Mapping[str, Wish], *, poll: bool) -> RightAsk | None:
        """The next request, durable before it is sent; None when there is nothing to say.

        `poll`: also ask what is recalled, where anything is held.
        """
        if not self._started:
            self._start()

        def step(connection: Connection) -> RightAsk | None:
            till = self._journal.identity_in(connection)
            if till is None:
                return None
            link = self._link(connection, till)
            if self._telling is not None:
                return self._statement(connection, till, link, self._telling)
            known = rights.leases(connection, till, self.lender, None)
            known |= rights.leases(connection, till, self.lender, wants)
            idle = not wants and not known and link.confirmed
            asked_for_news = poll and self._lender_was_put_back(connection, till, link)
            if idle and not asked_for_news and not (poll and self._holds(connection, till)):
                return None
            if not wants and not link.confirmed and not asked_for_news and not self._holds(connection, till):
                return None
            asked = make_ask(link, known, wants)
            rights.save_link(connection, till, asked.link, self._journal.boot_id)
            rights.save_leases(connection, till, self.lender, asked.leases)
            return asked.ask

        return self._journal.write(step)

    def hear(self, ask: RightAsk, answer: RightAnswer) -> bool:
        """Take an answer in; whether anything can be used now that could not before."""

        def step(connection: Connection) -> bool:
            till = self._journal.identity_in(connection)
            if till is None:
                return False
            link = self._link(connection, till)
            known = rights.leases(connection, till, self.lender, rights_named(ask, answer))
            heard = hear(link, known, ask, answer)
            self._go_on_telling(link, ask, heard)
            if heard.over or heard.anew:
                rights.forget_leases(connection, till, self.lender)
            after = begin_again(heard.link, self._new_life(till)) if heard.over else heard.link
            rights.save_link(connection, till, after, self._journal.boot_id)
            rights.save_leases(connection, till, self.lender, heard.leases)
            rights.recall_lent(connection, till, heard.leases)
            before = {right_id: lease.held for right_id, lease in known.items()}
            fresh = any(lease.held > before.get(right_id, 0) for right_id, lease in heard.leases.items())
            return fresh or (after.confirmed and not link.confirmed)

        return self._journal.write(step)

    def _statement(self, connection: Connection, till: TillIdentity, link: Link, after: str) -> RightAsk:
        found = rights.leases_after(connection, till, self.lender, after, RIGHTS_MAX + 1)
        asked = make_statement(link, found[:RIGHTS_MAX], more=len(found) > RIGHTS_MAX)
        rights.save_link(connection, till, asked.link, self._journal.boot_id)
        return asked.ask

    def _go_on_telling(self, link: Link, ask: RightAsk, heard: Heard) -> None:
        """Where the statement to a lender that was put back goes on; a start of the program begins it anew."""
        if heard.put_back:
            self._telling = ask.held[-1].right_id if ask.held and ask.held_more else ""
        elif heard.link != link:
            self._telling = None

    def _lender_was_put_back(self, connection: Connection, till: TillIdentity, link: Link) -> bool:
        told = rights.office_life_told(connection)
        asked_before = rights.load_link(connection, till, OFFICE, "") is not None
        return self.lender == OFFICE and asked_before and told not in {"", link.lender_life}

    def begin_life(self) -> None:
        """This disk turned out to be an old one: it holds nothing any more."""

        def step(connection: Connection) -> None:
            till = self._journal.identity_in(connection)
            if till is not None:
                self._begin(connection, till)

        self._journal.write(step)

    def _start(self) -> None:
        def step(connection: Connection) -> None:
            proper = connection.execute("DELETE FROM notes WHERE key = ? RETURNING 1", (_ENDED,)).fetchone()
            till = self._journal.identity_in(connection)
            if proper is None and till is not None:
                self._begin(connection, till)

        self._journal.write(step)
        self._started = True

    def _begin(self, connection: Connection, till: TillIdentity) -> None:
        lenders = connection.execute(
            "SELECT lender FROM rights_links WHERE organisation_id = ? AND workstation_id = ?",
            (till.organisation_id, till.workstation_id),
        ).fetchall()
        for (lender,) in lenders:
            rights.forget_leases(connection, till, lender)
            before = rights.load_link(connection, till, lender, "") or Link(till.workstation_id, "", lender)
            rights.save_link(connection, till, begin_again(before, self._new_life(till)), "")

    def _link(self, connection: Connection, till: TillIdentity) -> Link:
        found = rights.load_link(connection, till, self.lender, self._journal.boot_id)
        return found or Link(till.workstation_id, self._new_life(till), self.lender)

    def _holds(self, connection: Connection, till: TillIdentity) -> bool:
        row = connection.execute(
            "SELECT 1 FROM rights_leases WHERE organisation_id = ? AND workstation_id = ? AND lender = ? LIMIT 1",
            (till.organisation_id, till.workstation_id, self.lender),
        ).fetchone()
        return row is not None

    def _new_life(self, till: TillIdentity) -> str:
        return f"{till.workstation_id}/{self._ids.new_id().hex}"
