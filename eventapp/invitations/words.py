"""What replies, stand-ins and wishes are called."""

from __future__ import annotations

from flask_babel import gettext as _

from eventapp.invitations.models import Invitation, ReplyState, StandInRole, WishedRole


def mail(message: str) -> str:
    """What a mail about an invitation is called."""
    return {
        "invitations/letter": _("The letter as a mail"),
        "invitations/noted": _("That the reply was noted"),
        "invitations/changed": _("That the event has changed"),
        "invitations/called_off": _("That the event is cancelled"),
    }.get(message, message)


def reply_words(invitation: Invitation) -> str:
    """The reply in force, in the words of the public page."""
    if invitation.withdrawn_at:
        return _("invitation withdrawn")
    return reply(invitation.reply.state) if invitation.reply else _("invited, no reply known")


def reply(state: ReplyState) -> str:
    """What an office replied, told of it."""
    return {
        ReplyState.ACCEPTED: _("takes part"),
        ReplyState.DECLINED: _("does not take part"),
        ReplyState.DELEGATED: _("sends a stand-in"),
    }[state]


def own_reply(state: str, stand_in: str) -> str:
    """The same, told to the office itself. Mails give the state as its code."""
    return {
        ReplyState.ACCEPTED: _("You take part."),
        ReplyState.DECLINED: _("You do not take part."),
        ReplyState.DELEGATED: _("You send a stand-in: %(name)s.", name=stand_in),
    }[ReplyState(state)]


def stand_in_role(role: StandInRole) -> str:
    """What a stand-in may do."""
    return {
        StandInRole.POLITICAL: _("speaks politically"),
        StandInRole.FACTUAL: _("gives facts only"),
        StandInRole.LISTENER: _("listens"),
    }[role]


def wished_role(role: WishedRole) -> str:
    """What the invitee is asked to do."""
    return {
        WishedRole.SPEECH: _("give a speech"),
        WishedRole.PANEL: _("take part in the panel"),
        WishedRole.GREETING: _("give a greeting"),
        WishedRole.ATTEND: _("attend"),
    }[role]
