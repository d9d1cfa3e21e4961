"""The audit log, for those who look over the shoulder of the others."""

from __future__ import annotations

from functools import partial

from flask import render_template, request
from flask.typing import ResponseReturnValue

from eventapp.accounts import log_words, queries
from eventapp.accounts.blueprint import bp
from eventapp.accounts.messages import ACT_NAMES, ROLE_NAMES
from eventapp.web.permissions import Permission, requires
from eventapp.web.urls import page_number

LONGEST_FILTER = 64
ROLES = {key: {role.value: name for role, name in ROLE_NAMES.items()} for key in ("role", "roles")}


@bp.get("/audit")
@requires(Permission.READ_AUDIT)
def audit_log() -> ResponseReturnValue:
    """The log, latest first; ``act``, ``subject`` and ``by`` narrow it down."""
    chosen = {name: request.args.get(name, "")[:LONGEST_FILTER] for name in ("act", "subject", "by")}
    page = page_number()
    found = queries.audit_page(act=chosen["act"], subject_id=chosen["subject"], by_id=chosen["by"], page=page)
    acts = [(act, ACT_NAMES.get(act, act)) for act in queries.audit_acts()]
    shown = {"act_names": ACT_NAMES, "details": partial(log_words.details, others=ROLES), "people": queries.everybody()}
    return render_template("accounts/audit.html", found=found, chosen=chosen, acts=acts, **shown)
