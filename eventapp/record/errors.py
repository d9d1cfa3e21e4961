"""Refusals of the record, and the one fault that must wake somebody."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError, NotFoundError


class NoSuchRecordError(NotFoundError):
    """There is no record of that case, or no entry with that number in it."""

    code = "no_such_record"
    message = _l("There is no such record.")


class NothingToEraseError(DomainError):
    """What somebody wants to erase was erased before, or cannot be."""

    code, status = "nothing_to_erase", 422
    message = _l("There is nothing left of this to erase.")


class BusyRecordError(DomainError):
    """Entries come in faster than the record can be taken down with all of them signed."""

    code, status = "busy_record", 503
    message = _l("So much is coming in just now that the record cannot be taken down. Try again in a minute.")


class UndeclaredError(ValueError):
    """An entry of a kind, or with a part, that no slice has declared: a fault of ours."""


class SigningRefusedError(RuntimeError):
    """The database is not a continuation of what was signed before, so nothing more is signed.

    An older copy of the database was restored, a second copy is being written, or somebody changed rows. Answers
    are still taken in; the operator compares with the witnesses (``docs/record.md``, "When signing is refused").
    """
