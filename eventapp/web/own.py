"""What this browser has sent, so that only the browser it came from is led to what was received (ADR 0055).

The session holds keyed hashes of the last few; they say nothing to whoever has not the same text.
"""

from __future__ import annotations

from flask import session

from eventapp.tokens import keyed_hash

SENT = "marks"
MOST = 10


def remember(content_hash: str) -> None:
    """This browser sent what has this fingerprint."""
    marks = [_mark(content_hash), *(one for one in _marks() if one != _mark(content_hash))]
    session[SENT] = " ".join(marks[:MOST])  # one text, so that the session need not be read anew (web/sessions.py)


def is_from_here(content_hash: str) -> bool:
    return _mark(content_hash) in _marks()


def _marks() -> list[str]:
    return str(session.get(SENT, "")).split()


def _mark(content_hash: str) -> str:
    return keyed_hash(f"sent: {content_hash}")[:16]
