"""Mails that did not get out are found at once

Revision ID: d1a94c7e5b20
Follows: a386386459c1
"""

import sqlalchemy as sa
from alembic import op

revision = "d1a94c7e5b20"
down_revision = "a386386459c1"
branch_labels = None
depends_on = None

FAILED = sa.text("state IN ('refused', 'given_up', 'held')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_mail_failed", "outbox_mail", ["finished_at"], sqlite_where=FAILED, postgresql_where=FAILED
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_mail_failed", table_name="outbox_mail")
