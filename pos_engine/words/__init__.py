"""What people read: sentences for codes, money and dates, in six languages, the same at the till and on paper.

Catalogues are `catalogues/<language>.json`, one sentence per code, with the parameters in braces. Every code stands in
every language; a test sees to it.
"""

from pos_engine.words.catalogue import LANGUAGES, codes, known_language, text
from pos_engine.words.format import WIDE_SPACE, date_text, money_text, percent_text, weekday_names
from pos_engine.words.sentences import reason_text

__all__ = [
    "LANGUAGES",
    "WIDE_SPACE",
    "codes",
    "date_text",
    "known_language",
    "money_text",
    "percent_text",
    "reason_text",
    "text",
    "weekday_names",
]
