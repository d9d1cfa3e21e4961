"""The hearing: who is heard about what, until when, and what they answered. For parties, citizens and case officers."""

from __future__ import annotations

from typing import Any

from flask import Flask

from eventapp import record
from eventapp.db import end_reading
from eventapp.hearing import blueprint, entries, hooks, queries, record_entries, words
from eventapp.hearing.answering import staff_views as answers_read
from eventapp.hearing.answering import views as answers_sent
from eventapp.hearing.calling import correcting_views as hearing_corrected
from eventapp.hearing.calling import messages
from eventapp.hearing.calling import public_views as hearing_shown
from eventapp.hearing.calling import views as hearing_run
from eventapp.hearing.dossier import cli as dossier_commands
from eventapp.hearing.dossier import views as dossier
from eventapp.mail import rendering
from eventapp.telling import jobs as telling
from eventapp.telling.models import Subject
from eventapp.web.lookups import SECONDS, Kept
from eventapp.web.permissions import Permission
from eventapp.web.registry import MailOwner, Registry

# importing them puts their pages on the blueprints, and the command on its group
PAGES = (hearing_shown, hearing_run, hearing_corrected, answers_sent, answers_read, dossier_commands)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint.public_pages)
    app.register_blueprint(blueprint.staff_pages)
    app.register_blueprint(dossier.bp)
    app.extensions["kept_hearings"] = Kept(0 if app.testing else SECONDS)
    app.add_template_filter(words.heading, "hearing_heading")
    record.declare(app, *entries.KINDS)
    record.declare_tables(app, *record_entries.TABLES)
    registry: Registry = app.extensions["registry"]
    registry.thread_steps.append(hooks.steps)
    registry.case_links.append(hooks.case_links)
    registry.front_cards.append(hooks.cards)
    messages.register()
    registry.holders.append(hooks.HOLDERS)
    telling.register(Subject.HEARING, hooks.about, Permission.EDIT_HEARINGS)
    registry.scopes["hearing_id"] = queries.scope
    registry.scopes["party_id"] = queries.party_scope
    registry.scopes["answer_id"] = queries.answer_scope
    registry.mail_owners["hearing"] = MailOwner(Permission.READ_ANSWERS, queries.mail_scope, queries.mail_subjects)
    rendering.register_maker("hearing.receipt", _proof_of_receipt)


def _proof_of_receipt(context: dict[str, Any]) -> bytes:
    """The receipt as a file that can be checked without us; made when the mail is sent."""
    answer = queries.answer(context["answer_id"])
    case_id, seq = answer.hearing.case_id, answer.entry_seq
    end_reading()
    return record.receipt(case_id, seq).encode()
