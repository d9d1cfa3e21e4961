"""Scans of a phone in their order

Revision ID: ce5f4f6a6fac
Follows: c5d511f60c21
"""

from alembic import op

revision = "ce5f4f6a6fac"
down_revision = "c5d511f60c21"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scan_session_id"))
        batch_op.create_index(batch_op.f("ix_scan_session_id_number"), ["session_id", "number"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("scan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scan_session_id_number"))
        batch_op.create_index(batch_op.f("ix_scan_session_id"), ["session_id"], unique=False)
