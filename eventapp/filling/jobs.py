"""What is let go of by itself."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp import clock
from eventapp.filling import actions, sent_actions
from eventapp.work import kinds

EACH_SECONDS = 900  # with files left alone for half an hour nothing that belongs to nobody is older than an hour


def _run() -> None:
    now = clock.system_now()
    actions.forget_old(now)
    sent_actions.forget_sent(now)


def register() -> None:
    """Let the worker see to it."""
    kinds.every(EACH_SECONDS, "filling.forget_old", _l("Delete files of forms that were never sent"), _run)
