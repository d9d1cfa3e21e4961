"""What a guest may fill in, and how it is read. The public form is one of the three hot posts, so it has no WTForms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from flask_babel import gettext as _

from eventapp.db import new_id
from eventapp.formats.cpr import looks_like_cpr
from eventapp.registration import fields, rules
from eventapp.registration.actions import Sending, SignUp
from eventapp.web.csrf import check_posted
from eventapp.web.fields import Asked, Field, Section, in_sections
from eventapp.web.fields import read as read_fields
from eventapp.web.posted import Posted

TRAP = "website"  # hidden from people; programs fill it in
NO_CPR = "no_cpr"


@dataclass(frozen=True)
class SignUpForm:
    """The form as it is drawn: what is asked, what was typed, what is wrong with it, and its submission key."""

    key: str
    drawn_at: str
    fields: Sequence[Field]
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    asks_about_cpr: bool = False

    @property
    def sections(self) -> list[tuple[Section | None, list[Field]]]:
        """The fields as they are drawn."""
        return in_sections(self.fields)

    @property
    def summary(self) -> dict[str | None, list[str]]:
        """The mistakes in the order of the fields, each with the name of its field; None has those of no field."""
        labels = {one.key: str(one.label) for one in self.fields}
        found: dict[str | None, list[str]] = {
            name: [f"{label}: {text}" for text in self.errors[name]]
            for name, label in labels.items()
            if name in self.errors
        }
        others = [text for name, texts in self.errors.items() if name not in labels for text in texts]
        return {**found, None: others} if others else found


def blank(now: datetime, asks: Sequence[Field] = ()) -> SignUpForm:
    """A form nobody has filled in, with a key of its own. ``now`` by the machine's clock."""
    return SignUpForm(new_id(), str(int(now.timestamp())), asks)


def with_new_key(form: SignUpForm) -> SignUpForm:
    """The same form, to be sent as something new."""
    return replace(form, key=new_id())


@dataclass(frozen=True)
class Read:
    """What was posted: the form to draw again, and what it says if nothing is wrong with it."""

    form: SignUpForm
    sign_up: SignUp
    sending: Sending

    @property
    def is_valid(self) -> bool:
        return not self.form.errors


def read(posted: Mapping[str, str], asks: Sequence[Field], *, lang: str, notice_version: str, now: datetime) -> Read:
    """Read a posted sign-up. ``now`` by the machine's clock; it only serves the mark of haste."""
    post = Posted(posted)
    check_posted(post)
    values = read_fields(post, asks, Asked.GUEST)
    asks_about_cpr = _warn_of_cpr(post, asks, values)
    drawn_at = posted.get("drawn_at", "")
    sending = Sending(
        key=post.key("key"),
        lang=lang,
        notice_version=notice_version,
        suspicion=rules.suspicion(trap=posted.get(TRAP, ""), drawn_at=_moment(drawn_at), sent_at=now),
    )
    typed = {name: posted.get(name, "") for name in (*(one.key for one in asks), NO_CPR)}
    form = SignUpForm(sending.key or new_id(), drawn_at, asks, typed, post.errors, asks_about_cpr)
    return Read(form, fields.sign_up(values), sending)


def _warn_of_cpr(post: Posted, asks: Sequence[Field], values: Mapping[str, str]) -> bool:
    """A CPR-like number is asked about once, beside its field; whoever says it is none is believed (LAW-05)."""
    found = [one.key for one in asks if one.is_free_text and looks_like_cpr(values[one.key])]
    if found and not post.flag(NO_CPR):
        for name in found:
            post.refuse(name, _("This looks like a CPR number. Remove it before you send."))
    return bool(found)


def _moment(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() and len(seconds) < 12 else None
