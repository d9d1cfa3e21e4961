"""The small typed parser of the three posts that come in rushes: sign-up, scan and answer.

It has the same error shape as the forms of the staff pages (field name -> list of messages), so the same macros
draw both, and costs a tenth of their time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from flask_babel import gettext as _

from eventapp.formats import typed

LONGEST_LINE = 200
LONGEST_TEXT = 20_000
KEY = re.compile(r"[0-9a-f]{32}\Z")  # its end too: a form's own check looks at the beginning only


class Posted:
    """A posted form. Each method reads one field; what is wrong gathers in ``errors``."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self.form = form
        self.errors: dict[str, list[str]] = {}

    def refuse(self, name: str, message: str) -> None:
        """Add a message to a field."""
        self.errors.setdefault(name, []).append(message)

    def line(self, name: str, *, required: bool = True, longest: int = LONGEST_LINE) -> str:
        """A text on one line, white space folded; "" when it is missing."""
        return " ".join(self._text(name, required, longest).split())

    def text(self, name: str, *, required: bool = True, longest: int = LONGEST_TEXT) -> str:
        """A text of any number of lines, with ``\\n`` line ends."""
        return self._text(name, required, longest)

    def email(self, name: str, *, required: bool = True) -> str:
        """An e-mail address as mail servers take it, in ASCII; "" when it is wrong or missing."""
        written = self.line(name, required=required)
        if name in self.errors or not written:
            return ""
        address = typed.mail_address(written)
        if not address:
            self.refuse(name, _("Write an e-mail address like name@example.org."))
        return address

    def choice(self, name: str, among: Collection[str], *, required: bool = True) -> str:
        """One of a closed list; "" when nothing or something else was sent."""
        chosen = self.form.get(name, "")
        if chosen in among or not (chosen or required):
            return chosen
        self.refuse(name, _("Choose one of the answers."))
        return ""

    def flag(self, name: str, *, required: bool = False) -> bool:
        """Whether a box was ticked."""
        is_ticked = bool(self.form.get(name))
        if required and not is_ticked:
            self.refuse(name, _("Tick the box."))
        return is_ticked

    def key(self, name: str) -> str:
        """The submission key that the form was drawn with: 32 hexadecimal characters."""
        value = self.form.get(name, "")
        if not KEY.fullmatch(value):
            self.refuse(name, _("The form is incomplete. Load the page again."))
        return value

    def _text(self, name: str, required: bool, longest: int) -> str:
        value = typed.text(self.form.get(name, ""))
        if required and not value:
            self.refuse(name, _("Fill in this field."))
        elif len(value) > longest:
            self.refuse(name, _("The text is too long: at most %(longest)s characters.", longest=longest))
        return value
