"""Telling: who holds a copy of a fact hears when it changes. Knows no slice (ADR 0061).

A slice registers whom it knows to hold copies (``registry.holders``). Whoever changes a fact calls ``actions.tell``,
which keeps what changed and why and lets a worker write to them; :mod:`queries` says beforehand how many they are.
``jobs.register`` names what a kind of change is about and who may stop its job.
"""

from __future__ import annotations

from flask import Flask

from eventapp.telling import words


def register(app: Flask) -> None:
    """Let pages say beforehand whom a change reaches."""
    app.jinja_env.globals["reached_words"] = words.reached
    app.jinja_env.filters["changed_words"] = words.facts
