"""Files that were chosen in a form which was not taken in are kept for a day."""

import sqlalchemy as sa
from alembic import op

revision = "88625587f11e"
down_revision = "2e81d7a05c94"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_file",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("form_hash", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=150), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("client_hash", sa.String(length=64), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("size >= 0", name=op.f("ck_kept_file_size")),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_kept_file_sha256_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_file")),
    )
    with op.batch_alter_table("kept_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_file_client_hash"), ["client_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_file_form_hash"), ["form_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_file_kept_at"), ["kept_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_file_sha256"), ["sha256"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("kept_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_file_sha256"))
        batch_op.drop_index(batch_op.f("ix_kept_file_kept_at"))
        batch_op.drop_index(batch_op.f("ix_kept_file_form_hash"))
        batch_op.drop_index(batch_op.f("ix_kept_file_client_hash"))

    op.drop_table("kept_file")
