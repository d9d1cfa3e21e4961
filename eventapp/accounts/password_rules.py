"""Passwords as they are stored and compared. Slow on purpose: never call this inside a write transaction."""

from __future__ import annotations

import threading
import unicodedata

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 4
AT_ONCE = 4  # a hash takes 64 MiB, so a flood of sign-ins must queue

hasher = PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES),))
_turn = threading.BoundedSemaphore(AT_ONCE)

# What an unknown e-mail is checked against, so that it takes as long as a known one. No password leads to it.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def hash_password(password: str) -> str:
    """What is stored of a password: an argon2id hash with its own salt."""
    with _turn:
        return hasher.hash(_folded(password))


def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a stronger hash to store when the cost has been raised since.

    Takes the same time when nothing is stored.
    """
    with _turn:
        right, renewed = hasher.verify_and_update(_folded(password), stored or NOBODY)
    return right and stored is not None, renewed if right else None


def _folded(password: str) -> str:
    """The same characters from every keyboard: "å" typed as one sign or as two."""
    return unicodedata.normalize("NFKC", password)
