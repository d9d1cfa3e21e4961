"""Paper forms of the case. The kinds of fields at the top serve the slices above too."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, EmailField, SelectField, StringField, TextAreaField, URLField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from eventapp.cases import queries
from eventapp.cases.models import DocumentKind, Stage
from eventapp.filling.forms import Attached
from eventapp.web.forms import Form, WordingField, deliverable

LONGEST_PARAGRAPH = 5000


def folded(value: str | None) -> str:
    """White space at the ends and between words does not count."""
    return " ".join((value or "").split())


def tidy(value: str | None) -> str:
    """Line ends as one sign, nothing at the ends."""
    return (value or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _bounds(longest: int, required: bool) -> list[Any]:
    too_long = _l("The text is too long: at most %(longest)s characters.", longest=longest)
    must = DataRequired() if required else Optional()  # after the filters: white space is no text
    return [must, Length(max=longest, message=too_long)]


def line(label: Any, longest: int = 200, *, required: bool = True) -> Any:
    """A text on one line."""
    return StringField(label, _bounds(longest, required), filters=[folded])


def paragraph(label: Any, *, required: bool = True) -> Any:
    """A text of several lines."""
    return TextAreaField(label, _bounds(LONGEST_PARAGRAPH, required), filters=[tidy])


def words(label: Any, longest: int = 200, *, required: bool = True) -> Any:
    """A text on one line, in each language; only the official one can be required."""
    return WordingField(label, lambda own, is_official: line(own, longest, required=required and is_official))


def long_words(label: Any, *, required: bool = True) -> Any:
    """A text of several lines, in each language; only the official one can be required."""
    return WordingField(label, lambda own, is_official: paragraph(own, required=required and is_official))


def day(label: Any, *, required: bool = False) -> Any:
    """A date."""
    return DateField(label, [InputRequired() if required else Optional()])


class CaseForm(Form):
    """Facts of a case."""

    number = line(_l("Case number"), 40)
    title = words(_l("Title"))
    summary = long_words(_l("What the case is about"), required=False)
    origin = words(_l("What started the case"), required=False)
    origin_body = line(_l("Adopted by"), 120, required=False)
    origin_on = day(_l("Adopted on"))

    def fits(self, own_id: str | None = None) -> bool:
        """Whether no other case has this number; call it after ``validate_on_submit``."""
        if queries.number_taken(self.number.data, own_id):
            self.number.errors = [_("Another case has this number.")]
        return not self.errors


class TaskForm(Form):
    """Something that the administration was told to do."""

    text = long_words(_l("Task"))


class ContactForm(Form):
    """Whom to ask."""

    function = words(_l("Function"), 120)
    unit = line(_l("Unit"), 120, required=False)
    email = EmailField(_l("E-mail"), [InputRequired(), deliverable, Length(max=254)])
    phone = line(_l("Phone"), 30, required=False)
    away_from_on = day(_l("Away from"))
    away_until_on = day(_l("Away until"))
    cover_id = SelectField(_l("Cover"), coerce=lambda value: value or None, validators=[Optional()])

    def validate_away_until_on(self, field: DateField) -> None:
        """An absence begins, and does not end before that."""
        begins = self.away_from_on.data
        if field.data and (begins is None or field.data < begins):
            raise ValidationError(_("The absence must begin before it ends."))


class AdministrationForm(Form):
    """A department that leads or contributes."""

    name = words(_l("Administration"), 120)
    is_lead = BooleanField(_l("Leads the case"))


class TrackForm(Form):
    """A possible line of action."""

    title = words(_l("Track"))
    description = long_words(_l("Description"), required=False)


class DecisionForm(Form):
    """A meeting on the way to the decision."""

    body = words(_l("Body"), 120)
    meeting_on = day(_l("Day of the meeting"))
    item = line(_l("Item on the agenda"), 40, required=False)
    decision = long_words(_l("Decision"), required=False)
    link = URLField(
        _l("Link to the minutes"),
        [Optional(), Length(max=500), Regexp(r"https?://\S+$", message=_l("Write a whole address: https://…"))],
    )


class PlanForm(Form):
    """When the parts of the thread that have not begun are expected; an unticked part is not part of this case."""


for _stage in Stage:
    setattr(PlanForm, f"{_stage}_planned", BooleanField())
    setattr(PlanForm, f"{_stage}_on", DateField(validators=[Optional()]))


class LetterForm(Form):
    """The letter to the government, or its reply."""

    dated_on = day(_l("Date of the letter"), required=True)
    summary = long_words(_l("What it says, in short"))
    document_id = SelectField(_l("Document"), coerce=lambda value: value or None, validators=[Optional()])


class FileWanted:
    """A file must be chosen now or have been kept from before, and be of a kind that is taken."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, form: VersionForm, _field: FileField) -> None:
        """
        :raises ValidationError: with what is wrong with the file.
        """
        if form.attached.refused:
            raise ValidationError(" ".join(form.attached.refused))
        if form.attached.is_empty:
            raise ValidationError(_("Choose a file."))


class VersionForm(Form):
    """A new version of a document; ``attached`` has the file of a posted one."""

    file = FileField(_l("File"), [FileWanted()])

    @cached_property
    def attached(self) -> Attached:
        return Attached("file")


class DocumentFactsForm(Form):
    """What a document is, and who may read it."""

    title = words(_l("Title"))
    kind = SelectField(_l("Kind"), [InputRequired()], choices=[])
    is_public = BooleanField(_l("Everybody may read it"))

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        self.kind.choices = kinds()


class DocumentForm(DocumentFactsForm, VersionForm):
    """A new document with its first version."""


def kinds() -> list[tuple[str, str]]:
    """Kinds of documents, in the order in which a case usually gets them."""
    return [
        (DocumentKind.MOTION, _("Member's motion")),
        (DocumentKind.MEMO, _("Memo")),
        (DocumentKind.NOTE, _("Hearing note")),
        (DocumentKind.LETTER, _("Letter")),
        (DocumentKind.OTHER, _("Other document")),
    ]
