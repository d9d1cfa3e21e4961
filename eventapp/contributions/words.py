"""What answers about one's input are called."""

from __future__ import annotations

from flask_babel import gettext as _

from eventapp.contributions.models import Quoting


def quoting(wish: Quoting) -> str:
    """Whether a text may be quoted."""
    return {
        Quoting.NAMED: _("may be quoted with name"),
        Quoting.UNNAMED: _("may be quoted without name"),
        Quoting.NO: _("may not be quoted"),
    }[wish]
