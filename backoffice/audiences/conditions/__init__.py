"""Every kind of condition, by what it asks about."""

from __future__ import annotations

from backoffice.audiences.conditions.balance import Balance
from backoffice.audiences.conditions.base import Condition
from backoffice.audiences.conditions.birthday import BirthdayInMonth, BirthdayUnknown, BirthdayWithin
from backoffice.audiences.conditions.bought import Bought
from backoffice.audiences.conditions.contact import Allows, HasAddress
from backoffice.audiences.conditions.coupons import OfCampaign
from backoffice.audiences.conditions.membership import Chosen, HasCard, InGroup, InTier, Joined, Speaks
from backoffice.audiences.conditions.messages import Contacted, GotMessage
from backoffice.audiences.conditions.needs import NeedsWork
from backoffice.audiences.conditions.outlook import ProbablyLost
from backoffice.audiences.conditions.place import LivesAtPostcode, LivesInTown
from backoffice.audiences.conditions.visits import Away, Spent, Visits

__all__ = [
    "Allows",
    "Away",
    "Balance",
    "BirthdayInMonth",
    "BirthdayUnknown",
    "BirthdayWithin",
    "Bought",
    "Chosen",
    "Condition",
    "Contacted",
    "GotMessage",
    "HasAddress",
    "HasCard",
    "InGroup",
    "InTier",
    "Joined",
    "LivesAtPostcode",
    "LivesInTown",
    "NeedsWork",
    "OfCampaign",
    "ProbablyLost",
    "Speaks",
    "Spent",
    "Visits",
]
