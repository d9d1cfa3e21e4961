"""Ticket codes and personal links: 128 bits each, made from a key, so that they can be printed and mailed again.

Neither is ever stored. The database holds the SHA-256 of each, and whoever holds the key and a row's id can make the
code anew (design decision 6). A stolen database therefore opens nobody's ticket.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from eventapp.config import settings
from eventapp.tokens import derived_token
from eventapp.web.urls import external_url

CODE_BYTES = 16  # 128 bits: 26 characters of base32
CODE = re.compile(r"[A-Z2-7]{26}")
MISREAD = str.maketrans("018", "OIB")  # base32 has no 0, 1 and 8; whoever types one has read a letter wrongly


def code(ticket_id: str, version: int) -> str:
    """The code of a ticket: 26 characters of upper-case base32. A higher version makes every earlier code worthless."""
    key = settings().ticket_key.encode()
    digest = hmac.digest(key, f"ticket:{ticket_id}:{version}".encode(), "sha256")[:CODE_BYTES]
    return base64.b32encode(digest).decode("ascii").rstrip("=")


def link_token(booking_id: str) -> str:
    """The secret of a booking's own page (``/w/…``), which it has whether it holds seats or waits for some."""
    return derived_token("registration", booking_id)  # the purpose is part of every link that was ever mailed


def code_hash(code: str) -> str:
    """What the database holds instead of a code: 64 hexadecimal characters."""
    return hashlib.sha256(code.encode("ascii")).hexdigest()


def code_in(text: str) -> str | None:
    """The code in what was scanned or typed: a ticket's address, or the code itself, in any case and grouping."""
    last = text.strip().rstrip("/").rsplit("/", 1)[-1]
    found = re.sub(r"[\s-]", "", last).upper().translate(MISREAD)
    return found if CODE.fullmatch(found) else None


def grouped(code: str) -> str:
    """The code in groups of four, to be read aloud and typed."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def address(code: str) -> str:
    """The ticket's page, for links."""
    return external_url("registration.ticket", code=code)


def scanned_address(code: str) -> str:
    """The ticket's page in upper case, for the QR code: only capitals keep it in alphanumeric mode, version 3."""
    return address(code).upper()
