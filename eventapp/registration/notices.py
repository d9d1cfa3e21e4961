"""The privacy notice of the sign-up form, in versions (LAW-03): each registration keeps the one that was shown.

A version is a template that never changes again. Whoever changes what the notice says adds a file and puts its name
here; a test holds the files against these fingerprints.
"""

from __future__ import annotations

CURRENT = "2026-11-23"
FINGERPRINTS = {  # version -> SHA-256 of the template
    "2026-11-23": "",
}


def template(version: str = CURRENT) -> str:
    """Where the text of a version stands."""
    return f"registration/notices/{version}.html"
