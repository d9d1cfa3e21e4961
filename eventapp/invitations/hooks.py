"""What invitations tell on the pages of lower slices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import Connection, Row

from eventapp import clock
from eventapp.events.models import Event
from eventapp.events.queries import events_of_case
from eventapp.invitations import messages, queries
from eventapp.invitations.models import Invitation
from eventapp.invitations.words import reply_words
from eventapp.languages import with_words
from eventapp.mail import standing
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import url_if_allowed
from eventapp.web.registry import DeskFigure, DeskItem, Holders, Reached, StepState, Tab, ThreadStep

ORDER = 30
TAB = Tab(20, _l("Invitations"), "invitations.index")


def offices_reached(conn: Connection, event_id: str, until: datetime) -> Reached:
    """Offices that were sent a letter and have not said no."""
    number = messages.number_reached(conn, event_id, until)
    words = ngettext("%(num)s invited office", "%(num)s invited offices", number)
    return Reached(words, number, number)


HOLDERS = Holders(
    Subject.EVENT,
    frozenset({Fact.TITLE, Fact.TIME, Fact.PLACE, Fact.STATE}),
    offices_reached,
    messages.tell_of_change,
)


def steps(case_id: str) -> list[ThreadStep]:
    """Whom the debate's organiser invited, where that is public, and how many replied."""
    found = [(event, queries.invitations(event.id)) for event in events_of_case(case_id) if event.published_at]
    return [_step(event, sent) for event, all_of in found if (sent := _in_force(all_of))]


def _in_force(invitations: Sequence[Invitation]) -> list[Invitation]:
    """Those that were sent and not withdrawn."""
    return [one for one in invitations if one.letters and not one.withdrawn_at]


def _step(event: Event, sent: Sequence[Invitation]) -> ThreadStep:
    replied = sum(one.reply is not None for one in sent)
    first = min(one.letters[0].sent_at for one in sent)
    invited = ngettext("%(num)s invited", "%(num)s invited", len(sent))
    answered = ngettext("%(num)s has replied", "%(num)s have replied", replied)
    return ThreadStep(
        key=f"invitations:{event.id}",
        title=_("Invitations"),
        at=first,
        state=StepState.DONE,
        order=ORDER,
        figure=f"{invited}, {answered}",
        note=Markup("; ").join(Markup("{}: {}").format(one.office, reply_words(one)) for one in sent if one.is_public),
        refs=tuple(ref for one in sent for ref in _refs(one)),
    )


def _refs(invitation: Invitation) -> list[str]:
    """Under which ids the record tells of an invitation: its letters and its replies."""
    return [one.id for one in invitation.letters] + [one.id for one in invitation.replies]


def desk_figures(event_id: str) -> list[DeskFigure]:
    sent = _in_force(queries.invitations(event_id))
    url = url_if_allowed("invitations.index", event_id=event_id)
    replied = sum(one.reply is not None for one in sent)
    return [DeskFigure(10, _("invited"), len(sent), url), DeskFigure(20, _("replied"), replied, url)]


def desk_items(event_id: str) -> list[DeskItem]:
    """Letters not sent and replies not come, the oldest promise first."""
    found = queries.invitations(event_id)
    mails = queries.deliveries(found)
    return [item for one in found if (item := _mail_item(one, mails[one.id]) or _item(one))]


def _mail_item(invitation: Invitation, mails: Sequence[Row[Any]]) -> DeskItem | None:
    """The last mail to an office did not get out, and its event is still to come."""
    if not mails or not standing.has_failed(mails[0]) or clock.now() >= invitation.event.ends_at:
        return None
    url = url_if_allowed("invitations.show", event_id=invitation.event_id, invitation_id=invitation.id)
    text = with_words(_("The mail to %(office)s was not delivered"), office=invitation.office)
    return DeskItem(text, url, _("See why"), mails[0].finished_at)


def _item(invitation: Invitation) -> DeskItem | None:
    url = url_if_allowed("invitations.show", event_id=invitation.event_id, invitation_id=invitation.id)
    if not invitation.letters:
        text = with_words(_("%(office)s has not been sent the invitation"), office=invitation.office)
        return DeskItem(text, url, _("Send"), invitation.created_at)
    if invitation.reply is None and not invitation.withdrawn_at and clock.now() < invitation.event.ends_at:
        text = with_words(_("%(office)s has not replied"), office=invitation.office)
        return DeskItem(text, url, _("Call or remind"), invitation.reply_by_at)
    return None
