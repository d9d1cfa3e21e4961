"""What the room does for posts that no view reads."""

from __future__ import annotations

from flask import request

from eventapp.filling.forms import Attached

LARGEST_NUMBER = 20  # of files that one field may ask for


def keep_files() -> dict[str, Attached]:
    """Keep the files of a post whose form comes back without its own view, by the fields that it has for files."""
    found = {}
    for name, most in request.form.items():
        field, is_number = name.removesuffix("_most"), most.isdecimal()
        if name != field and is_number and f"{field}_key" in request.form:
            found[field] = Attached(field, most=min(int(most[:4]), LARGEST_NUMBER))
            found[field].keep()
    return found
