"""What an answer posts, and which party it is from."""

from __future__ import annotations

from datetime import datetime

from flask import Request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField

from eventapp import clock
from eventapp.filling.forms import Attached
from eventapp.formats import cpr
from eventapp.hearing import rules
from eventapp.hearing.answering.actions import SentAnswer
from eventapp.hearing.models import SenderKind
from eventapp.hearing.rules import LONGEST_ANSWER, MOST_FILES
from eventapp.web import csrf
from eventapp.web.forms import Form
from eventapp.web.languages import chosen
from eventapp.web.posted import Posted

LARGEST_REQUEST_BYTES = 105_000_000  # of all files together


class LinkForm(Form):
    """Which party an answer is from; the choices are set by the view."""

    party_id = SelectField(_l("Party"), coerce=lambda value: value or "")


class AnswerPost:
    """A posted answer. ``errors`` is empty when :meth:`sent` may be called; typed values stay in ``form``."""

    def __init__(self, request: Request) -> None:
        post = Posted(request.form)
        self.received_at = clock.now()  # the whole request has been read here (domain.md 3.3)
        self.form, self.errors = request.form, post.errors
        csrf.check_posted(post)
        self.key = post.key("submission_key")
        self.sender_kind = post.choice("sender_kind", set(SenderKind))
        self.on_behalf_of = post.line("on_behalf_of", required=False)
        self.name = post.line("name")
        self.email = post.email("email")
        self.text = post.text("text", longest=LONGEST_ANSWER)
        self.attached = Attached("files", most=MOST_FILES)
        for message in self.attached.refused:
            post.refuse("files", message)
        self._warn_of_cpr(post)

    def _warn_of_cpr(self, post: Posted) -> None:
        """A warning that the sender may overrule: a hearing answer is never refused for its content."""
        if self.warns_of_cpr and not post.flag("keep_number"):
            post.refuse("text", _("It looks like a CPR number. Remove it before you send."))

    @property
    def warns_of_cpr(self) -> bool:
        return cpr.looks_like_cpr(f"{self.text}\n{self.name}\n{self.on_behalf_of}")

    def sent(self, hearing_id: str, party_id: str | None) -> SentAnswer:
        """Store the files for good and give the answer as it is to be taken in."""
        return SentAnswer(
            hearing_id=hearing_id,
            submission_key=self.key,
            name=self.name,
            email=self.email,
            text=self.text,
            sender_kind=SenderKind(self.sender_kind),
            on_behalf_of=self.on_behalf_of,
            received_at=self.received_at,
            begun_at=_begun(self.form.get("begun_at", ""), self.received_at),
            party_id=party_id,
            lang=chosen(),
            uploads=tuple(self.attached.all()),
            files_key=self.attached.key,
            files_address=self.attached.address,
            same_since=self.received_at - rules.SAME_FOR,
        )


def _begun(written: str, received_at: datetime) -> datetime | None:
    """When the form was opened, as the form says; a thing to look at, never a proof."""
    try:
        begun = datetime.fromisoformat(written)
    except ValueError:
        return None
    return begun if begun.tzinfo and begun <= received_at else None
