"""Mail: the outbox that every slice writes to, and the worker that renders and delivers. Knows no slice."""

from __future__ import annotations

from flask import Flask

from eventapp.mail import models

__all__ = ["models", "register"]


def register(app: Flask) -> None:
    """Bind the slice to the application."""
