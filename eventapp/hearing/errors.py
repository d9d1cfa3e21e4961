"""Refusals of the hearing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class OtherContentError(DomainError):
    """The submission key was used for other content: nothing may be swallowed, so the sender is asked (R7)."""

    code, status = "other_content", 422
    message = _l("You have sent another text with this form already. Press the button once more to send this one too.")


class NotReadyError(DomainError):
    """The hearing cannot be sent yet."""

    code = "hearing_not_ready"
    message = _l("Add a party and the material before you send the hearing.")


class AlreadySentError(DomainError):
    """Everybody on the list was told already."""

    code = "already_sent"
    message = _l("All parties have been sent the hearing.")


class MaterialSentError(DomainError):
    """A party was told already, and all are heard about the same papers."""

    code = "material_sent"
    message = _l("The hearing has been sent. Its material can no longer be changed.")


class NotLaterError(DomainError):
    """A deadline can be extended, never shortened: someone may have planned by it."""

    code, status = "not_later", 422
    message = _l("The new deadline must be later than the one in force.")


class ClosedError(DomainError):
    """The hearing was closed."""

    code = "hearing_closed"
    message = _l("The hearing is closed.")
