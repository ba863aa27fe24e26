"""The steps of the waterfall as pages say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from backoffice.audiences.waterfall import StepCode

STEPS: Final[Mapping[str, Any]] = {
    StepCode.MATCHED.value: _l("meet the conditions"),
    StepCode.NO_CONSENT.value: _l("did not allow it"),
    StepCode.NO_ADDRESS.value: _l("have no address"),
    StepCode.SUPPRESSED.value: _l("have a blocked address"),
    StepCode.CONTACTED_RECENTLY.value: _l("were contacted recently"),
    StepCode.TAKEN_OFF.value: _l("were taken off by hand"),
    StepCode.STANDING_HOLD_OUT.value: _l("are held out of every campaign, by lot"),
    StepCode.HOLD_OUT.value: _l("are held out, by lot"),
    StepCode.SENT.value: _l("get it"),
}
