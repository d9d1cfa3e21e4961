"""What was searched for, in an address that nobody else can read: a name in an address stands in logs and histories.

A search is sent by POST and leads to an address with the text sealed for whoever asked, so that reloading, Back, pages
and the other language work as for any page (ADR 0067).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import request

from eventapp.config import settings
from eventapp.formats import typed

NONCE = 12  # bytes
LONGEST = 100


def searched_for() -> str:
    """What was typed to search for, as it was posted."""
    return typed.line(request.form.get("q", ""))[:LONGEST]


def seal(text: str, reader: str) -> str:
    """A text that only this installation opens, and only for this reader; "" for none."""
    if not text:
        return ""
    nonce = secrets.token_bytes(NONCE)
    return base64.urlsafe_b64encode(nonce + _key().encrypt(nonce, text.encode(), reader.encode())).decode().rstrip("=")


def unseal(sealed: str, reader: str) -> str:
    """The text; "" for one that was sealed for somebody else, or never."""
    try:
        whole = base64.urlsafe_b64decode(sealed.encode() + b"=" * (-len(sealed) % 4))
        return _key().decrypt(whole[:NONCE], whole[NONCE:], reader.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return ""


def _key() -> AESGCM:
    return AESGCM(hashlib.sha256(f"sealed:{settings().secret_key}".encode()).digest())
