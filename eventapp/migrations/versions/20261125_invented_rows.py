"""The demo knows which rows it made up

Revision ID: 8d2e4b6a9c10
Follows: 3c1f0d5b7a21
"""

import sqlalchemy as sa
from alembic import op

revision = "8d2e4b6a9c10"
down_revision = "3c1f0d5b7a21"
branch_labels = None
depends_on = None

MARKED = ("case", "track", "document", "layout", "programme_item", "party")


def upgrade() -> None:
    op.create_table(
        "invented_row",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invented_row")),
    )
    for table in (*MARKED, "staff"):
        op.execute(f'INSERT INTO invented_row (id) SELECT id FROM "{table}" WHERE is_demo')
    for table in MARKED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("is_demo")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.drop_constraint(op.f("ck_staff_demo_has_no_password"), type_="check")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.alter_column(
            "is_demo", new_column_name="link_only", existing_type=sa.Boolean(), existing_nullable=False
        )
    with op.batch_alter_table("staff") as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_staff_link_only_has_no_password"), "NOT link_only OR password_hash IS NULL"
        )


def downgrade() -> None:
    with op.batch_alter_table("staff") as batch_op:
        batch_op.drop_constraint(op.f("ck_staff_link_only_has_no_password"), type_="check")
    with op.batch_alter_table("staff") as batch_op:
        batch_op.alter_column(
            "link_only", new_column_name="is_demo", existing_type=sa.Boolean(), existing_nullable=False
        )
    with op.batch_alter_table("staff") as batch_op:
        batch_op.create_check_constraint(op.f("ck_staff_demo_has_no_password"), "NOT is_demo OR password_hash IS NULL")
    for table in MARKED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("is_demo", sa.Boolean(), nullable=False, server_default=sa.false()))
        op.execute(f'UPDATE "{table}" SET is_demo = TRUE WHERE id IN (SELECT id FROM invented_row)')
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("is_demo", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.drop_table("invented_row")
