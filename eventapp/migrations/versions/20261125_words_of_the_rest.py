"""Texts of events, hearings and invitations in one column each, whatever languages they are in

Revision ID: c93b0f6e1a84
Follows: 8d881e1a03ff
"""

from eventapp.migrations.pairs import merge, split

revision = "c93b0f6e1a84"
down_revision = "8d881e1a03ff"
branch_labels = None
depends_on = None

COLUMNS = {
    "venue": {"access": None},
    "event": {"title": 200, "influence": None, "photo_notice": None},
    "programme_item": {"title": 200},
    "theme": {"title": 120},
    "category": {"label": 80},
    "hearing": {"title": 200, "question": None},
    "invitation": {"office": 120},
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        merge(table, columns)


def downgrade() -> None:
    for table, columns in COLUMNS.items():
        split(table, columns)
