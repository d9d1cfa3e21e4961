"""Refusals of the case."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError


class DecidedError(DomainError):
    """A meeting whose decision stands in the record cannot be taken off the route."""

    code = "decided"
    message = _l("This meeting has a decision, which stands in the record. Correct its text instead of removing it.")


class CoversOthersError(DomainError):
    """A contact that stands in for another cannot be removed."""

    code = "covers_others"
    message = _l("This contact covers for another one. Choose another cover there first.")


class AlreadyPublishedError(DomainError):
    """What everybody can read already cannot be published once more."""

    code = "already_published"
    message = _l("The case is published already.")
