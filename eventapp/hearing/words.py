"""What the states of a hearing are called."""

from __future__ import annotations

from flask_babel import gettext as _

from eventapp.hearing.rules import HearingState, Timing


def state(state: HearingState) -> tuple[str, str]:
    """Text and mark of where a hearing stands."""
    return {
        HearingState.DRAFT: (_("Draft"), "neutral"),
        HearingState.WAITING: (_("Not begun yet"), "info"),
        HearingState.OPEN: (_("Under way"), "success"),
        HearingState.OVERDUE: (_("The deadline has passed"), "warning"),
        HearingState.CLOSED: (_("Closed"), "neutral"),
    }[state]


def timing(timing: Timing) -> tuple[str, str]:
    """Text and mark of when an answer came."""
    return {
        Timing.EARLY: (_("In time, came before the hearing began"), "success"),
        Timing.IN_TIME: (_("In time"), "success"),
        Timing.BEFORE_EXTENSION: (_("In time, came before the extension"), "success"),
        Timing.LATE: (_("After the deadline"), "warning"),
    }[timing]
