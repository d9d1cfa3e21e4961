"""The same answer from the same address is looked up by its fingerprint."""

from alembic import op

revision = "5e0c9a7d31b6"
down_revision = "ce5f4f6a6fac"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_answer_content_hash"), "answer", ["content_hash"])


def downgrade() -> None:
    op.drop_index(op.f("ix_answer_content_hash"), table_name="answer")
