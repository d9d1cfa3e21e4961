"""What a guest may fill in, and how it is read. The public form is one of the three hot posts, so it has no WTForms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask_babel import gettext as _

from eventapp.db import new_id
from eventapp.formats.cpr import looks_like_cpr
from eventapp.registration import rules
from eventapp.registration.actions import Head, Sending, SignUp
from eventapp.registration.queries import Choice
from eventapp.web.csrf import check_posted
from eventapp.web.posted import Posted

NOT_SAID = "none"  # "I would rather not say" is an answer
TRAP = "website"  # hidden from people; programs fill it in
NAMES = ("name", "email", "category", "organisation", "needs", "question")
BOXES = ("show_needs_at_door", "follow_up", "no_cpr")
LONGEST_NEEDS, LONGEST_QUESTION = 1000, 1000


@dataclass(frozen=True)
class SignUpForm:
    """The form as it is drawn: what was typed, what is wrong with it, and its submission key."""

    key: str
    drawn_at: str
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    asks_about_cpr: bool = False

    @property
    def summary(self) -> dict[str | None, list[str]]:
        """The mistakes in the order of the fields, each with the name of its field; None has those of no field."""
        labels = _labels()
        found: dict[str | None, list[str]] = {
            name: [f"{label}: {text}" for text in self.errors[name]]
            for name, label in labels.items()
            if name in self.errors
        }
        others = [text for name, texts in self.errors.items() if name not in labels for text in texts]
        return {**found, None: others} if others else found


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"),
        "email": _("E-mail"),
        "category": _("I come as"),
        "organisation": _("Organisation"),
        "needs": _("What you need to take part"),
        "question": _("A question for the panel"),
    }


def blank(now: datetime) -> SignUpForm:
    """A form nobody has filled in, with a key of its own. ``now`` by the machine's clock."""
    return SignUpForm(new_id(), str(int(now.timestamp())))


def with_new_key(form: SignUpForm) -> SignUpForm:
    """The same form, to be sent as something new."""
    return SignUpForm(new_id(), form.drawn_at, form.typed, form.errors, form.asks_about_cpr)


@dataclass(frozen=True)
class Read:
    """What was posted: the form to draw again, and what it says if nothing is wrong with it."""

    form: SignUpForm
    sign_up: SignUp
    sending: Sending

    @property
    def is_valid(self) -> bool:
        return not self.form.errors


def read(values: Mapping[str, str], offered: list[Choice], *, lang: str, notice_version: str, now: datetime) -> Read:
    """Read a posted sign-up. ``now`` by the machine's clock; it only serves the mark of haste."""
    post = Posted(values)
    check_posted(post)
    by_id = {one.id: one for one in offered}
    chosen = post.choice("category", [*by_id, NOT_SAID])
    head = Head(
        name=post.line("name"),
        category_id=chosen if chosen in by_id else None,
        organisation=post.line("organisation", required=False),
        needs=post.text("needs", required=False, longest=LONGEST_NEEDS),
        show_needs_at_door=post.flag("show_needs_at_door"),
        question=post.text("question", required=False, longest=LONGEST_QUESTION),
    )
    sign_up = SignUp(post.email("email").lower(), (head,), wants_follow_up=post.flag("follow_up"))
    asks_about_cpr = _warn_of_cpr(post, head)
    drawn_at = values.get("drawn_at", "")
    sending = Sending(
        key=post.key("key"),
        lang=lang,
        notice_version=notice_version,
        suspicion=rules.suspicion(trap=values.get(TRAP, ""), drawn_at=_moment(drawn_at), sent_at=now),
    )
    typed = {name: values.get(name, "") for name in (*NAMES, *BOXES)}
    form = SignUpForm(sending.key or new_id(), drawn_at, typed, post.errors, asks_about_cpr)
    return Read(form, sign_up, sending)


def _warn_of_cpr(post: Posted, head: Head) -> bool:
    """A CPR-like number is asked about once, beside its field; whoever says it is none is believed (LAW-05)."""
    found = [name for name in ("name", "organisation", "needs", "question") if looks_like_cpr(getattr(head, name))]
    if found and not post.flag("no_cpr"):
        for name in found:
            post.refuse(name, _("This looks like a CPR number. Remove it before you send."))
    return bool(found)


def _moment(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() and len(seconds) < 12 else None
