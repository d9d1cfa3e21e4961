"""Secrets that stand in links: 128 random bits, one purpose each, only their hash in the database (reliability S15)."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from eventapp.config import settings

BYTES = 16


def new_token() -> str:
    """128 random bits as 22 characters that may stand in an address."""
    return secrets.token_urlsafe(BYTES)


def token_hash(token: str) -> str:
    """What the database keeps of a token. The token is random, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def derived_token(purpose: str, subject_id: str) -> str:
    """The token of one row for one purpose: made again when it is needed, so that it need not be stored.

    Sending a form twice must lead to the same receipt, and a mail may be sent again.
    """
    return keyed_hash(f"{purpose}:{subject_id}")[: BYTES * 2]


def keyed_hash(text: str) -> str:
    """A text as a number that only this installation can make: enough to count by, nothing to read."""
    return hmac.new(settings().secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
