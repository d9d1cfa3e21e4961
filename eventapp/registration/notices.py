"""The privacy notice of the sign-up form, in versions (LAW-03): each registration keeps the one that was shown.

A version is a template that never changes again. Whoever changes what the notice says adds a file and puts its name
here; a test holds the files against these fingerprints.
"""

from __future__ import annotations

CURRENT = "2026-11-23"
FINGERPRINTS = {  # version -> SHA-256 of the template
    "2026-11-23": "40288d939ac55b26f0acd8d2163f77528aabb4563db22ed9526d7003c35968c1",
}


def template(version: str = CURRENT) -> str:
    """Where the text of a version stands."""
    return f"registration/notices/{version}.html"
