"""The outbox page: what was sent, what waits, what failed and why. For staff; each look is noted."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, true

from eventapp import audit
from eventapp.clock import system_now
from eventapp.db import write
from eventapp.errors import NotAllowedError, NotFoundError
from eventapp.mail import actions, queries, reading
from eventapp.mail.answers import in_words
from eventapp.mail.channels import eml_path
from eventapp.mail.models import OutboxMail, State
from eventapp.web.permissions import Permission, allowed, current_person, reach, requires
from eventapp.web.registry import registry
from eventapp.web.urls import page_number

bp = Blueprint("mail", __name__, url_prefix="/staff/outbox")

STATES = {
    State.WAITING: (_l("Waiting to be sent"), "info"),
    State.SENDING: (_l("Being sent"), "info"),
    State.SENT: (_l("Sent"), "success"),
    State.REFUSED: (_l("Refused by the recipient"), "error"),
    State.GIVEN_UP: (_l("Given up"), "error"),
    State.HELD: (_l("Held back"), "warning"),
    State.SUPERSEDED: (_l("Out of date, not sent"), "neutral"),
}


@bp.get("")
@requires(Permission.READ_OUTBOX, anywhere=True)
def index() -> ResponseReturnValue:
    """The mails that one may open, newest first; ``?state=`` shows those of one state, ``?page=`` another page."""
    chosen = request.args.get("state", "")
    state = next((one for one in State if one.value == chosen), None)
    shown = _shown()
    found = queries.mails(shown, state, page_number())
    _note_look("mail.list_viewed", None, page=found.page, state=chosen if state else None)
    # Those who answer for the outbox as a whole hear how all of it stands, and what keeps it waiting.
    answers_for_all = current_person().holds_everywhere(Permission.READ_OUTBOX)
    return render_template(
        "outbox/index.html",
        found=found,
        state=state,
        counts=queries.counts(shown),
        standing=queries.standing() if answers_for_all else None,
        STATES=STATES,
        failure=queries.last_failure(true() if answers_for_all else shown),
        in_words=in_words,
    )


@bp.get("/<mail_id>")
@requires(Permission.READ_OUTBOX)
def show(mail_id: str) -> ResponseReturnValue:
    """One mail: what it said, and what became of each try."""
    mail = _opened(mail_id)
    _note_look("mail.viewed", mail.id)
    return render_template(
        "outbox/show.html",
        mail=mail,
        shown=reading.shown(mail),
        may_be_sent_again=queries.may_be_sent_again(mail, system_now()),
        STATES=STATES,
        in_words=in_words,
    )


@bp.get("/<mail_id>/file")
@requires(Permission.READ_OUTBOX)
def file(mail_id: str) -> ResponseReturnValue:
    """The mail as a file that a mail program opens; only where it was written to a file."""
    path = eml_path(_opened(mail_id).id)
    if not path.exists():
        raise NotFoundError
    _note_look("mail.downloaded", mail_id)
    response: Response = send_file(path, "message/rfc822", as_attachment=True, download_name=f"{mail_id}.eml")
    return response


@bp.post("/<mail_id>/attempts")
@requires(Permission.READ_OUTBOX)
def try_again(mail_id: str) -> ResponseReturnValue:
    actions.try_again(_opened(mail_id).id, by=current_person(), now=system_now())
    flash(_("The mail is on its way again."), "success")
    return redirect(url_for("mail.show", mail_id=mail_id), 303)


def _opened(mail_id: str) -> OutboxMail:
    """A mail that this person may read: its links open what the mail is about, so the slice that sent it is asked.

    :raises NotAllowedError: when no slice says whose mail it is, or the person lacks the permission that it names.
    """
    mail = queries.mail(mail_id)
    owner = queries.owner_of(mail.message)
    if owner is None or not allowed(owner.permission):
        raise NotAllowedError
    return mail


def _shown() -> ColumnElement[bool]:
    """The mails that :func:`_opened` opens."""
    own = reach(Permission.READ_OUTBOX)
    return queries.within({name: (own, reach(one.permission)) for name, one in registry().mail_owners.items()})


def _note_look(act: str, mail_id: str | None, **facts: object) -> None:
    """In a transaction of its own: the page itself is read-only."""
    person = current_person()
    write(lambda conn: audit.insert(conn, person, act, mail_id, **facts))
