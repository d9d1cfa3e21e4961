"""A form that was taken in before."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class SentBeforeError(Exception):
    """The same form with the same content: no refusal, its sender is led to what came of it (``leads_to``)."""

    def __init__(self, leads_to: str) -> None:
        super().__init__()
        self.leads_to = leads_to


class OtherContentError(DomainError):
    """The same form with something else in it: nothing may vanish behind the first, so its sender is asked."""

    code, status = "other_content", 422
    message = _l(
        "You have sent this form before, with something else in it, and that was received."
        " Press the button once more to send this too."
    )
