"""Paper forms of the hearing: the officer's, and what an answer posts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import Request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import EmailField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Regexp

from eventapp import blobs, clock
from eventapp.formats import cpr
from eventapp.formats.files import FileRefusedError, clean_name, sniff
from eventapp.hearing.actions import Plan
from eventapp.hearing.answering import Sent, Upload
from eventapp.hearing.errors import NotLaterError
from eventapp.hearing.models import Hearing, SenderKind
from eventapp.hearing.queries import slug_taken
from eventapp.hearing.rules import LONGEST_ANSWER, MOST_FILES
from eventapp.web import csrf
from eventapp.web.forms import Form, WallTimeField, storable
from eventapp.web.languages import chosen
from eventapp.web.posted import Posted

LARGEST_REQUEST_BYTES = 105_000_000
LARGEST_TEXT_BYTES = 2_000_000


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


class HearingForm(Form):
    """A new hearing."""

    title = StringField(_l("Title"), [DataRequired(), Length(max=200), storable])
    slug = StringField(
        _l("Address"),
        [DataRequired(), Length(max=80), Regexp(r"^[a-z0-9]+(-[a-z0-9]+)*$", message=_l("Use a-z, 0-9 and hyphens."))],
    )
    question = TextAreaField(_l("What we ask"), [DataRequired(), storable])
    starts = WallTimeField(_l("The hearing begins"), [DataRequired()])
    deadline = WallTimeField(_l("Deadline"), [DataRequired()])

    def fits(self) -> bool:
        """Whether the fields agree with each other and with what there is; what does not is said beside the field."""
        if self.starts.moment >= self.deadline.moment:
            self.deadline.errors = [_("The deadline must be after the beginning.")]
        elif slug_taken(self.slug.data):
            self.slug.errors = [_("Another hearing has this address.")]
        return not self.errors

    def plan(self) -> Plan:
        """
        Call it after :meth:`fits`.
        """
        return Plan(
            slug=self.slug.data,
            title=self.title.data,
            question=self.question.data,
            starts_at=self.starts.moment,
            deadline_at=self.deadline.moment,
        )


class PartyForm(Form):
    """Somebody to be heard."""

    name = StringField(_l("Name of the party"), [DataRequired(), Length(max=200), storable])
    email = EmailField(_l("E-mail"), [DataRequired(), Email(), Length(max=254)])

    def is_new_to(self, hearing: Hearing) -> bool:
        """Whether nobody on the list has this name."""
        if any(one.name.casefold() == self.name.data.casefold() for one in hearing.parties):
            self.name.errors = [_("This party is on the list already.")]
        return not self.errors


class MaterialForm(Form):
    """A document to send along; the choices are set by the view."""

    version = SelectField(_l("Document"), [DataRequired()])


class ExtensionForm(Form):
    """A later deadline, and why."""

    deadline = WallTimeField(_l("New deadline"), [DataRequired()])
    reason = TextAreaField(_l("Reason"), [DataRequired(), Length(max=1000), storable])

    @property
    def moment(self) -> datetime:
        """The new deadline as aware UTC."""
        return self.deadline.moment

    def is_later_than(self, deadline_at: datetime) -> bool:
        if self.moment <= deadline_at:
            self.deadline.errors = [str(NotLaterError.message)]
        return not self.errors


class LinkForm(Form):
    """Which party an answer is from; the choices are set by the view."""

    party = SelectField(_l("Party"))


class AnswerPost:
    """A posted answer. ``errors`` is empty when :meth:`sent` may be called; typed values stay in ``form``."""

    def __init__(self, request: Request) -> None:
        request.max_content_length = LARGEST_REQUEST_BYTES
        request.max_form_memory_size = LARGEST_TEXT_BYTES
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
        self.files = [one for one in request.files.getlist("files") if one.filename]
        self.types = self._checked(post, self.files)
        self._warn_of_cpr(post)

    def _checked(self, post: Posted, files: list[FileStorage]) -> list[str]:
        if len(files) > MOST_FILES:
            post.refuse("files", _("At most %(most)s files. Choose the files again.", most=MOST_FILES))
            return []
        return [kind for one in files if (kind := self._kind(post, one))]

    def _kind(self, post: Posted, file: FileStorage) -> str:
        name = clean_name(file.filename or "")
        try:
            return sniff(file.stream, name)
        except FileRefusedError as refusal:
            post.refuse("files", f"{name}: {refusal}")
            return ""

    def _warn_of_cpr(self, post: Posted) -> None:
        """A warning that the sender may overrule: a hearing answer is never refused for its content."""
        if self.warns_of_cpr and not post.flag("keep_number"):
            post.refuse("text", _("It looks like a CPR number. Remove it before you send."))

    @property
    def warns_of_cpr(self) -> bool:
        return cpr.looks_like_cpr(f"{self.text}\n{self.name}\n{self.on_behalf_of}")

    def sent(self, hearing_id: str, party_id: str | None) -> Sent:
        """Store the files for good and give the answer as it is to be taken in."""
        return Sent(
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
            uploads=tuple(_stored(zip(self.files, self.types, strict=True))),
        )


def _stored(files: Iterable[tuple[FileStorage, str]]) -> Iterable[Upload]:
    for file, media_type in files:
        yield Upload(clean_name(file.filename or ""), media_type, blobs.put(file.stream))


def _begun(written: str, received_at: datetime) -> datetime | None:
    """When the form was opened, as the form says; a thing to look at, never a proof."""
    try:
        begun = datetime.fromisoformat(written)
    except ValueError:
        return None
    return begun if begun.tzinfo and begun <= received_at else None
