"""Texts of the case in one column each, whatever languages they are in

Revision ID: a41e7c90d5f2
Follows: a1c5d27e9b30
"""

from eventapp.migrations.pairs import merge, split

revision = "a41e7c90d5f2"
down_revision = "a1c5d27e9b30"
branch_labels = None
depends_on = None

COLUMNS = {
    "case": {"title": 200, "summary": None, "origin": 200},
    "case_task": {"text": None},
    "case_contact": {"function": 120},
    "administration": {"name": 120},
    "track": {"title": 200, "description": None},
    "document": {"title": 200},
    "decision_step": {"body": 120, "decision": None},
    "government_letter": {"summary": None},
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        merge(table, columns)


def downgrade() -> None:
    for table, columns in COLUMNS.items():
        split(table, columns)
