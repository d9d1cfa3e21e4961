"""What the states of a hearing are called."""

from __future__ import annotations

from flask_babel import gettext as _
from markupsafe import Markup, escape

from eventapp.hearing.models import SenderKind
from eventapp.hearing.rules import HearingState, Timing
from eventapp.languages import Wording, with_words


def heading(title: Wording | str) -> Markup:
    """A hearing by its title, with the word in front where the title does not begin with it."""
    if str(title).casefold().startswith(_("Hearing").casefold()):
        return escape(title)
    return with_words(_("Hearing: %(title)s"), title=title)


def sender_kinds() -> list[tuple[str, str]]:
    """What a sender may speak as, in the order of the form."""
    return [
        (SenderKind.CITIZEN, _("Citizen")),
        (SenderKind.ORGANISATION, _("Organisation or association")),
        (SenderKind.COMPANY, _("Company")),
        (SenderKind.AUTHORITY, _("Authority")),
        (SenderKind.COUNCIL, _("Council or committee")),
        (SenderKind.EMPLOYEE, _("Employee")),
    ]


def sender_kind(kind: str) -> str:
    """What somebody speaks as; a code that is none of ours as it is."""
    return dict(sender_kinds()).get(kind, kind)


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
