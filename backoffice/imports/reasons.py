"""What is said of cells of more than one kind."""

from __future__ import annotations

from typing import Final

from backoffice.i18n import _l

TOO_LONG: Final = _l("has more than %(most)s characters; shorten it")
ONE_OF: Final = _l("is not known here; write one of %(known)s")
