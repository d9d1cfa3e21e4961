"""Refusals of the accounts slice."""

from __future__ import annotations

from http import HTTPStatus

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventapp.errors import DomainError, TooManyError


class WaitError(TooManyError):
    """Too many wrong passwords or codes; ``seconds`` says how long to wait before the next is looked at."""

    code = "wait"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        minutes = -(-seconds // 60)
        super().__init__(
            ngettext(
                "There have been too many attempts. Wait %(num)s minute, then try again.",
                "There have been too many attempts. Wait %(num)s minutes, then try again.",
                minutes,
            )
        )


class WrongSignInError(DomainError):
    """The e-mail or the password is wrong; which one is not said."""

    code, status = "wrong_sign_in", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("The e-mail or the password is wrong.")


class WrongPasswordError(DomainError):
    """The password that confirms a change is wrong."""

    code, status = "wrong_password", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("The password is wrong.")


class WrongCodeError(DomainError):
    """The code is wrong, has run out, or was used before."""

    code, status = "wrong_code", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("The code is wrong or was used before. Wait for the next one, and write that.")


class LinkError(DomainError):
    """The link was used, is too old, or was never made."""

    code, status = "link_spent", HTTPStatus.GONE
    message = _l("The link has been used or is too old. Ask for a new one.")


class NoDemoError(DomainError):
    """Demo links exist only where the demo case was loaded, on one's own machine."""

    code, status = "no_demo", HTTPStatus.FORBIDDEN
    message = _l("Demo links work only on a machine of your own with the demo case loaded.")


class EmailTakenError(DomainError):
    """Somebody has this address already."""

    code, status = "email_taken", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("There is an account with this e-mail already.")


class LastAdminError(DomainError):
    """Nobody would be left who can let others in."""

    code = "last_admin"
    message = _l("Somebody must remain who can administer accounts.")
