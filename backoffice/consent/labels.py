"""The ledger's words as pages and messages say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from backoffice.consent.contact import Reason
from backoffice.consent.kinds import Basis, Channel, Decision, Purpose, Source

CHANNELS: Final[Mapping[str, Any]] = {
    Channel.EMAIL.value: _l("E-mail"),
    Channel.SMS.value: _l("SMS"),
    Channel.LETTER.value: _l("Letter"),
    Channel.PHONE.value: _l("Phone call"),
}
PURPOSES: Final[Mapping[str, Any]] = {
    Purpose.SERVICE.value: _l("Service and reminders"),
    Purpose.MARKETING.value: _l("Offers and news"),
    Purpose.SURVEY.value: _l("Questions about your visit"),
}
DECISIONS: Final[Mapping[str, Any]] = {
    Decision.GRANTED.value: _l("allowed"),
    Decision.WITHDRAWN.value: _l("taken back"),
}
BASES: Final[Mapping[str, Any]] = {
    Basis.CONSENT.value: _l("consent"),
    Basis.CONTRACT.value: _l("contract"),
    Basis.LEGITIMATE_INTEREST.value: _l("legitimate interest"),
    Basis.EXISTING_CUSTOMER.value: _l("existing customer, similar goods"),
    "": "",
}
SOURCES: Final[Mapping[str, Any]] = {
    Source.PAPER_FORM.value: _l("paper form"),
    Source.SPOKEN.value: _l("said to staff"),
    Source.TILL.value: _l("at the till"),
    Source.PAGE.value: _l("the member's own page"),
    Source.CONFIRMED.value: _l("own page, address confirmed"),
    Source.ONE_CLICK.value: _l("unsubscribe button"),
    Source.IMPORT.value: _l("import"),
}
REASONS: Final[Mapping[str, Any]] = {
    Reason.ALLOWED.value: _l("may be contacted"),
    Reason.ERASED.value: _l("was erased"),
    Reason.UNKNOWN_MEMBER.value: _l("no such member"),
    Reason.NO_CONSENT.value: _l("never allowed"),
    Reason.WITHDRAWN.value: _l("taken back"),
    Reason.NO_ADDRESS.value: _l("allowed, but the address is missing"),
    Reason.NOT_CONFIRMED.value: _l("allowed, but this address is not confirmed"),
    Reason.HARD_BOUNCE.value: _l("blocked: the address does not exist"),
    Reason.COMPLAINT.value: _l("blocked: complained about a message"),
    Reason.OWN_BLOCK.value: _l("blocked by us"),
}
