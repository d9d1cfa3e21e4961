"""Pages that differ in a few texts only: drawn once with slots in them, filled in for each who asks.

A form is the same for everybody but for its token and its key, a ticket but for name and code. Drawing such a page
costs some milliseconds, filling it in some microseconds. A slot is a mark that no text can hold, for it is made
of a secret of the process; the page is cut there once, and what is filled in is escaped and never looked at again, so
nobody's text can become a slot or a tag. Slots stand where a text or the whole of a quoted attribute stands.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from flask import g
from markupsafe import escape

MARK = secrets.token_hex(16)
SLOT = re.compile(rf"{MARK}-([a-z_]+)-")
_makers: dict[str, Callable[[], str]] = {}


def slot(name: str) -> str:
    """What stands in a drawn page where a text of this name will be; ``name``: small letters and ``_``."""
    return f"{MARK}-{name}-"


def personal(name: str, make: Callable[[], str]) -> Callable[[], str]:
    """A text that each request makes for itself on whatever page it stands, such as the CSRF token.

    :returns: what a template's function calls: the text, or its slot while an outline is drawn.
    """
    _makers[name] = make
    return lambda: slot(name) if g.get("draws_outline") else make()


class Outline:
    """A page that was drawn with slots."""

    def __init__(self, draw: Callable[[], str]) -> None:
        g.draws_outline = True
        try:
            self._pieces = SLOT.split(draw())
        finally:
            g.draws_outline = False

    def fill(self, **texts: str) -> str:
        """The page with these texts in its slots; those of :func:`personal` come by themselves.

        :raises KeyError: when the page has a slot for which there is no text.
        """
        pieces = self._pieces.copy()
        for place in range(1, len(pieces), 2):
            name = pieces[place]
            pieces[place] = escape(texts[name] if name in texts else _makers[name]())
        return "".join(pieces)
