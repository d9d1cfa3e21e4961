"""The demo: the case of the hearing e-mail of 6 November 2023, and a clock to see it at every stage.

Facts come from the e-mail; what it does not say is invented and labelled "demo data" on the page, or left open
("ikke oplyst"): the ministers' replies and attendance, votes, decisions, the government's answer (design §6).
"""

from __future__ import annotations

from flask import Flask

from eventapp import clock
from eventapp.demo import commands, stages, views
from eventapp.web.registry import Registry


def register(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.cli.add_command(commands.demo)
    registry: Registry = app.extensions["registry"]
    registry.demo_loaded = stages.is_loaded
    registry.is_invented = stages.is_invented
    clock.follow(stages.offset)
    app.context_processor(views.notice)
