"""Refusals of the hearing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class OtherContentError(DomainError):
    """The submission key was used for other content: nothing may be swallowed, so the sender is asked (R7)."""

    code, status = "other_content", 422
    message = _l(
        "You have sent another text with this form already, and it was received. Press the button once more to send"
        " this one too. If it takes the place of the first, say so in it: both become part of the case."
    )


class SentBeforeError(DomainError):
    """The same answer came from the same address by another form. ``answer_id``: which. The page tells no stranger."""

    code, status = "sent_before", 409
    message = _l("This answer has been received already.")

    def __init__(self, answer_id: str) -> None:
        super().__init__()
        self.answer_id = answer_id


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


class DeadlinePassedError(DomainError):
    """A deadline that parties are told lies ahead."""

    code, status = "deadline_passed", 422
    message = _l("The deadline has passed. Extend it before you send the hearing.")


class InThePastError(DomainError):
    """Nobody can keep a deadline that has passed when it is set."""

    code, status = "in_the_past", 422
    message = _l("This moment has passed. Choose a later one.")


class NotSentError(DomainError):
    """A hearing that nobody was told of is not closed."""

    code = "not_sent"
    message = _l("The hearing has not been sent yet.")


class BecomesPublicError(DomainError):
    """A document for staff only is shown to everybody as material of a hearing, so it is said to whoever adds it."""

    code, status = "becomes_public", 422
    message = _l("This document is for staff only. Tick that it becomes public with the hearing, or choose another.")


class HeardAlreadyError(DomainError):
    """Whoever was written to, or answered, was heard and stays on the list."""

    code = "heard_already"
    message = _l("This party has been sent the hearing or has answered, so it stays on the list. Correct it instead.")


class SamePartyError(DomainError):
    """Two rows are put together, not one."""

    code, status = "same_party", 422
    message = _l("Choose another row of the list.")


class NotLaterError(DomainError):
    """A deadline can be extended, never shortened: someone may have planned by it."""

    code, status = "not_later", 422
    message = _l("The new deadline must be later than the one in force.")


class ClosedError(DomainError):
    """The hearing was closed."""

    code = "hearing_closed"
    message = _l("The hearing is closed.")
