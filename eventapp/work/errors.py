"""Refusals of the work room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class JobEndedError(DomainError):
    """There is nothing left to stop, or to go on with."""

    code = "job_ended"
    message = _l("This job has ended already.")
