"""A role may be held for one case or one event

Revision ID: 5d1c0f7a3b42
Follows: 8d2e4b6a9c10
"""

import sqlalchemy as sa
from alembic import op

revision = "5d1c0f7a3b42"
down_revision = "8d2e4b6a9c10"
branch_labels = None
depends_on = None

WHOLE = sa.text("case_id IS NULL AND event_id IS NULL")


def upgrade() -> None:
    """Every role that is held today is held for the whole authority, as it was."""
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("case_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("event_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_role_grant_case_id_case"), "case", ["case_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_role_grant_event_id_event"), "event", ["event_id"], ["id"])
        batch_op.create_check_constraint(batch_op.f("ck_role_grant_one_scope"), "case_id IS NULL OR event_id IS NULL")
        batch_op.create_check_constraint(
            batch_op.f("ck_role_grant_admin_of_all"), "role <> 'admin' OR (case_id IS NULL AND event_id IS NULL)"
        )
        batch_op.drop_constraint(batch_op.f("uq_role_grant_staff_id_role"), type_="unique")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(
            "uq_role_grant_all",
            ["staff_id", "role"],
            unique=True,
            sqlite_where=WHOLE,
            postgresql_where=WHOLE,
        )
        batch_op.create_index("uq_role_grant_case", ["staff_id", "role", "case_id"], unique=True)
        batch_op.create_index("uq_role_grant_event", ["staff_id", "role", "event_id"], unique=True)


def downgrade() -> None:
    """Back to roles for everything.

    :raises RuntimeError: while somebody holds a role for a case or an event: it would become one for everything.
    """
    held = sa.text("SELECT count(*) FROM role_grant WHERE case_id IS NOT NULL OR event_id IS NOT NULL")
    if op.get_bind().execute(held).scalar():
        raise RuntimeError("Roles for one case or event would become roles for everything. Take them away first.")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        for name in ("uq_role_grant_all", "uq_role_grant_case", "uq_role_grant_event"):
            batch_op.drop_index(name)
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_role_grant_one_scope"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_role_grant_admin_of_all"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_role_grant_case_id_case"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_role_grant_event_id_event"), type_="foreignkey")
        batch_op.drop_column("case_id")
        batch_op.drop_column("event_id")
        batch_op.create_unique_constraint(batch_op.f("uq_role_grant_staff_id_role"), ["staff_id", "role"])
