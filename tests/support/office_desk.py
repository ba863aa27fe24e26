"""The back-office as staff use it: `backoffice serve` as a process, its pages over HTTP with cookies and CSRF."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from backoffice.cli import main as backoffice
from tests.evidence import used
from tests.support import shop_list
from tests.support.programs import Program, free_port
from tests.support.quick_apps import dear_passwords
from tests.support.waiting import wait_for
from tests.support.web_forms import Page

PASSWORD = "four plain words here"
CHIEF = "chief@example.org"
SHOP, STORE = "Corner Bakery", "Main Street"
READY_WAIT_S = 180.0
PUBLISHED_WITHIN_S = 60.0
"""V7."""
PAGE_WAIT_S = 30.0


class Office:
    """One back-office with one shop. `start` and `stop` keep its data and its address."""

    def __init__(self, folder: Path, clock_file: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.data = folder / "data"
        self.env = {"BACKOFFICE_CLOCK_FILE": str(clock_file)}
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        serve = ("--data", str(self.data), "serve", "--port", str(port))
        self.program = Program.of_module("backoffice", "backoffice", *serve, log=folder / "serve.log", env=self.env)
        self.browser = httpx.Client(base_url=self.url, timeout=PAGE_WAIT_S, trust_env=False, follow_redirects=True)

    def command(self, *arguments: str) -> str:
        """A command of the back-office, run in this process (each would start for seconds); what it printed."""
        with dear_passwords():
            done = CliRunner().invoke(backoffice, ["--data", str(self.data), *arguments], env=self.env)
        assert done.exit_code == 0, f"backoffice {' '.join(arguments)}: {done.output} {done.exception!r}"
        return done.output

    def set_up(self) -> None:
        """The shop with its goods, members and chief, from files."""
        self.command("init", SHOP, "--store", STORE, "--zone", "Europe/Berlin")
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        self.command("user", "add", CHIEF, "--password-file", str(secret))
        for what, text in (
            ("categories", shop_list.categories_csv()),
            ("products", shop_list.products_csv()),
            ("members", shop_list.members_csv()),
        ):
            path = self.folder / f"{what}.csv"
            path.write_text(text)
            self.command("import", what, str(path))

    def start(self) -> None:
        """Serve until stopped; returns when the sign-in page answers."""
        self.program.start()
        wait_for("the back-office answering", self._answers, READY_WAIT_S)
        used("http", "backoffice serve")

    def _answers(self) -> bool:
        assert self.program.running, self.program.tail()
        try:
            return self.browser.get("/sign-in").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Switch it off."""
        self.program.stop()

    def close(self) -> None:
        """Switch it off for good."""
        self.browser.close()
        self.stop()

    def page(self, path: str) -> Page:
        """A page, signed in."""
        answer = self.browser.get(path)
        if answer.url.path == "/sign-in":
            form = Page(answer.text).form("/sign-in")
            answer = self.browser.post("/sign-in", data=_data(form.filled({"email": CHIEF, "password": PASSWORD})))
            answer = self.browser.get(path)
        assert answer.status_code == httpx.codes.OK, f"{path}: {answer.status_code} {Page(answer.text).text[:500]}"
        return Page(answer.text)

    def submit(self, page: Page, action: str, **changes: str | list[str]) -> Page:
        """Fill in a form of a page and send it; the page that follows. AssertionError with its words if refused."""
        form = page.form(action)
        answer = self.browser.post(form.action, data=_data(form.filled(changes)))
        shown = Page(answer.text)
        assert answer.status_code == httpx.codes.OK, f"{form.action}: {answer.status_code} {shown.text[:800]}"
        return shown

    def publish(self, name: str, preset: str, **fields: str | list[str]) -> Campaign:
        """Fill in the form of a new campaign and press Publish. Pickers: `goods`, `free`, `for_member`, by name."""
        page = self.page(f"/campaigns/new?preset={preset}")
        sent: dict[str, str | list[str]] = {"name": name, "act": "publish"}
        for field, value in fields.items():
            picker = {"goods": "target", "free": "free", "for_member": "members"}.get(field)
            if picker is None:
                sent[field] = value
            else:
                sent.update(self._picked(picker, value if isinstance(value, list) else [value]))
        answer = self.submit(page, "/campaigns/new", **sent)
        return Campaign(self, name, _campaign_id(answer))

    def change(self, campaign: Campaign, **fields: str | list[str]) -> None:
        """Change a campaign in its form and publish it again."""
        page = self.page(f"/campaigns/{campaign.campaign_id}/edit")
        self.submit(page, f"{campaign.campaign_id}/edit", act="publish", **fields)

    def _picked(self, picker: str, wanted: list[str]) -> dict[str, str | list[str]]:
        """What the page's script puts into the form when a person picks from the list under a search field."""
        picked: dict[str, str | list[str]] = {}
        for words in wanted:
            found = self.browser.get("/campaigns/suggest", params={"picker": picker, "pick": words})
            choices = [pick for pick in Page(found.text).picks if words in pick["data-label"]]
            assert choices, f"nothing called {words} can be picked: {found.text}"
            chosen = picked.setdefault(choices[0]["data-field"], [])
            assert isinstance(chosen, list)
            chosen.append(choices[0]["data-pick"])
        return picked

    def table(self, name: str, **narrowed: str) -> list[dict[str, str]]:
        """The rows of one of the CSV downloads."""
        self.page("/")
        answer = self.browser.get(f"/{name}.csv", params=narrowed)
        assert answer.status_code == httpx.codes.OK, answer.text
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def tills(self) -> dict[str, dict[str, str]]:
        """The tills by name."""
        return {row["till"]: row for row in self.table("tills")}

    def receipt_text(self, receipt_id: str) -> str:
        """What the page of one receipt says."""
        return self.page("/receipts/" + receipt_id.replace(":", "/")).text

    def enrolment_code(self, till: str) -> str:
        """Make a till known on the page of tills; the code it shows."""
        page = self.submit(self.page("/tills"), "/tills/codes", name=till)
        found = re.search(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", page.text)
        assert found, page.text
        return found[0]

    def confirm_till(self, fingerprint: str) -> None:
        """Compare a till's fingerprint with the one on the page of tills, and let the till in."""
        page = self.page("/tills")
        row = next(row for row in page.html.split("<tr>") if fingerprint in row)
        found = re.search(r'action="(/tills/keys/[0-9a-f]{64}/confirm)"', row)
        assert found, page.text
        self.submit(page, re.escape(found[1]))

    def block_card(self, number: str, card_id: str, *, block: bool = True) -> None:
        """Block a member's card on the member's page, or let it be good again."""
        members = self.page(f"/members?q={number}")
        found = re.search(r'href="(/members/[0-9a-f-]{36})"', members.html)
        assert found, members.text
        act = "block" if block else "unblock"
        self.submit(self.page(found[1]), f"{re.escape(card_id)}/{act}$|{re.escape(card_id.replace(':', '%3A'))}/{act}$")


class Campaign:
    """A published campaign, as its page shows it."""

    def __init__(self, office: Office, name: str, campaign_id: str) -> None:
        self.office = office
        self.name = name
        self.campaign_id = campaign_id

    def figures(self) -> dict[str, str]:
        """The dashboard of the campaign: label → figure."""
        html = self.office.page(f"/campaigns/{self.campaign_id}/live").html
        pairs = re.findall(r'subheader">(.*?)</div><div class="h2 mb-1 figure">(.*?)</div>', html)
        assert pairs, html
        return {label: Page(value).text for label, value in pairs}

    def live_text(self) -> str:
        """All that its dashboard says."""
        return self.office.page(f"/campaigns/{self.campaign_id}/live").text

    def tills(self) -> dict[str, tuple[str, str]]:
        """Per till: received and active, in the words of the page."""
        html = self.office.page(f"/campaigns/{self.campaign_id}/live").html
        body = html.partition("data-tills")[2].partition("<tbody>")[2].partition("</tbody>")[0]
        rows = [[Page(cell).text for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)] for row in _rows(body)]
        return {row[0].removesuffix(STORE).strip(): (row[1], row[2]) for row in rows}

    def wait_on_tills(self, only: str = "", timeout_s: float = PUBLISHED_WITHIN_S) -> dict[str, tuple[str, str]]:
        """Until the page says that every till (or one) has received it and works by it."""

        def taken_over() -> bool:
            tills = self.tills()
            return all(tills[name] == ("received", "active") for name in ([only] if only else tills))

        wait_for(f"“{self.name}” on the tills", taken_over, timeout_s)
        return self.tills()

    def act(self, act: str) -> None:
        """Press a button of its page: pause, resume."""
        page = self.office.page(f"/campaigns/{self.campaign_id}")
        self.office.submit(page, f"/{act}$")

    def stop(self) -> None:
        """End it for good, as its page offers it; coupons that are out are taken back. Over already: nothing."""
        page = self.office.page(f"/campaigns/{self.campaign_id}")
        if any(form.action.endswith("/stop") for form in page.forms):
            self.act("stop")
        elif f"/campaigns/{self.campaign_id}/end" in page.html:
            self.end("void")

    def end(self, promise: str) -> None:
        """End it early on the page that asks what becomes of the coupons that are out: honour or void."""
        page = self.office.page(f"/campaigns/{self.campaign_id}/end")
        self.office.submit(page, f"{self.campaign_id}/end", promise=promise)


def _rows(body: str) -> list[str]:
    return re.findall(r"<tr.*?>(.*?)</tr>", body, re.DOTALL)


def _data(fields: list[tuple[str, str]]) -> dict[str, Any]:
    together: dict[str, list[str]] = {}
    for name, value in fields:
        together.setdefault(name, []).append(value)
    return together


def _campaign_id(page: Page) -> str:
    found = re.search(r"/campaigns/([0-9a-f-]{36})/", page.html)
    assert found, page.text[:500]
    return found[1]
