"""One brake for passwords, shift codes, tickets and receipts

Revision ID: 3c1f0d5b7a21
Follows: 7486c8154caf
"""

import sqlalchemy as sa
from alembic import op

revision = "3c1f0d5b7a21"
down_revision = "7486c8154caf"
branch_labels = None
depends_on = None

INDEXES = (["brake", "address_hash", "at"], ["brake", "account_hash", "at"], ["brake", "at"])


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("brake", sa.String(length=20), nullable=False),
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_attempt_{'_'.join(columns)}"), "attempt", columns)
    op.execute(
        "INSERT INTO attempt (id, brake, account_hash, address_hash, succeeded, at)"
        " SELECT id, 'sign_in', account_hash, address_hash, succeeded, at FROM sign_in_attempt"
    )
    op.drop_table("sign_in_attempt")
    op.drop_table("shift_guess")  # counts of the last ten minutes


def downgrade() -> None:
    op.create_table(
        "shift_guess",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_guess")),
    )
    op.create_index(op.f("ix_shift_guess_address_hash_at"), "shift_guess", ["address_hash", "at"])
    op.create_index(op.f("ix_shift_guess_at"), "shift_guess", ["at"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_hash", sa.String(length=64), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    for columns in (["account_hash", "at"], ["address_hash", "at"], ["at"]):
        op.create_index(op.f(f"ix_sign_in_attempt_{'_'.join(columns)}"), "sign_in_attempt", columns)
    op.execute(
        "INSERT INTO sign_in_attempt (id, account_hash, address_hash, succeeded, at)"
        " SELECT id, account_hash, address_hash, succeeded, at FROM attempt WHERE brake = 'sign_in'"
    )
    op.drop_table("attempt")
