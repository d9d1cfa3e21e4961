"""The privacy notice of the sign-up form, in versions (LAW-03): each registration keeps the one that was shown.

A version is a template that never changes again. Whoever changes what the notice says adds a file and puts its name
here; a test holds the files against these fingerprints.
"""

from __future__ import annotations

CURRENT = "2026-11-25"
FINGERPRINTS = {  # version -> SHA-256 of the template
    "2026-11-23": "c01b98aabbb827e3352fb76fe4ad95c7680569ed5de88c6f70c04e697144c9d5",
    "2026-11-25": "6efd1ada5bf7ef047c6596aea6fea609c2c57ff73b5be998f5d0b98228dc1a60",
}


def template(version: str = CURRENT) -> str:
    """Where the text of a version stands."""
    return f"registration/notices/{version}.html"
