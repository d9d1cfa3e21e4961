"""Forms while they are filled in, and that each is taken in once.

The files that were chosen are kept until the form is taken in (ADR 0053); its key is claimed when it is (ADR 0059).
Knows no slice. A form with files reads them through :class:`forms.Attached` and draws them with ``files_field``.
"""

from __future__ import annotations

from flask import Flask

from eventapp.filling import forms, hooks, jobs
from eventapp.web.registry import Registry

__all__ = ["register"]


def register(app: Flask) -> None:
    registry: Registry = app.extensions["registry"]
    registry.keep_files = hooks.keep_files
    app.jinja_env.globals["attached"] = forms.shown
    hooks.register(app)
    jobs.register()
