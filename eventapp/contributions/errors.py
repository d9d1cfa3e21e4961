"""Refusals of contributions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class TooEarlyError(DomainError):
    """The debate has not been held yet."""

    code = "too_early"
    message = _l("You can send input when the debate is over.")


class NobodyToAskError(DomainError):
    """Everybody who came and agreed was sent the link, or nobody did."""

    code = "nobody_to_ask"
    message = _l("There is nobody left who came, agreed to be written to, and was not sent the link.")


class OtherContributionError(DomainError):
    """The submission key was used for another text."""

    code, status = "other_content", 422
    message = _l("You have sent another text with this form already. Press the button once more to send this one too.")
