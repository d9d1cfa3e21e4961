"""What the states of a hearing are called."""

from __future__ import annotations

from flask_babel import gettext as _

from eventapp.hearing.rules import HearingState


def state(state: HearingState) -> tuple[str, str]:
    """Text and mark of where a hearing stands."""
    return {
        HearingState.DRAFT: (_("Draft"), "neutral"),
        HearingState.WAITING: (_("Waits for its start"), "info"),
        HearingState.OPEN: (_("Under way"), "success"),
        HearingState.OVERDUE: (_("The deadline has passed"), "warning"),
        HearingState.CLOSED: (_("Closed"), "neutral"),
    }[state]
