"""What is missing is said in the words of its field: a line is filled in, a choice is made, a box is ticked."""

from __future__ import annotations

from flask import Flask
from flask_babel import force_locale
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired

from eventapp.web.fields import READERS, FieldKind
from eventapp.web.forms import Form
from eventapp.web.posted import Posted


class Everything(Form):
    name = StringField(validators=[DataRequired()])
    way = RadioField(choices=[SelectChoice("in", "Ind")], validators=[InputRequired()])
    kind = SelectField(choices=[SelectChoice("a", "A")], validators=[InputRequired()])
    agrees = BooleanField(validators=[DataRequired()])


WORDS = ["Udfyld feltet.", "Vælg et af svarene.", "Vælg et af svarene.", "Sæt kryds i feltet."]


def test_forms_of_staff_say_what_kind_of_answer_is_missing(app: Flask) -> None:
    with app.test_request_context("/", method="POST"), force_locale("da"):
        form = Everything(formdata=MultiDict({"sent": "1"}), meta={"csrf": False})
        assert not form.validate()
        said = [form[name].errors[0] for name in ("name", "way", "kind", "agrees")]
    assert said == WORDS


def test_the_posts_of_the_rush_say_the_same(app: Flask) -> None:
    with app.test_request_context("/"), force_locale("da"):
        post = Posted({})
        post.line("name")
        post.choice("way", ["in"])
        post.flag("agrees", required=True)
    assert [one for errors in post.errors.values() for one in errors] == [WORDS[0], WORDS[1], WORDS[3]]
    assert {FieldKind.CHOICE, FieldKind.FLAG} <= set(READERS)
