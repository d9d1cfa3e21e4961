"""Work in a room of its own: jobs, with the tasks that recur among them; a row is held by who gives signs of life.

Nothing of the outbox is lost. Its column ``kind`` goes: no version of the product ever wrote another kind than ``mail``
(a row without an address, which only such a kind could have, would stop this migration).
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "a1c5d27e9b30"
down_revision = "3f1c7a90d2be"
branch_labels = None
depends_on = None

# Tasks by their old names: the new one, and how often it comes.
TASKS = {
    "eventapp.mail.claims.forget_old": ("mail.forget_old", 3600),
    "eventapp.record.signing.sign_pending": ("record.sign_pending", 2),
    "eventapp.record.signing.compare_all": ("record.compare_all", 600),
    "registration.forget_needs": ("registration.forget_needs", 3600),
}
MOMENT = sa.DateTime(timezone=True)
ONLY_MAILS, ADDRESSED = "kind <> 'mail' OR to_address <> ''", "to_address <> ''"
OPEN, WAITING, SENDING = "state IN ('waiting', 'sending')", "state = 'waiting'", "state = 'sending'"
OUTBOX = {
    "id": (sa.String(32), False),
    "message": (sa.String(80), False),
    "to_address": (sa.String(254), False),
    "reply_to": (sa.String(254), True),
    "lang": (sa.String(2), False),
    "subject_id": (sa.String(64), True),
    "context": (sa.Text(), False),
    "secrets": (sa.Text(), True),
    "attachments": (sa.Text(), False),
    "calendar": (sa.Text(), True),
    "calendar_method": (sa.String(20), True),
    "dedupe": (sa.String(200), True),
    "limit_key": (sa.String(254), True),
    "state": (sa.String(40), False),
    "attempts": (sa.SmallInteger(), False),
    "due_at": (MOMENT, False),
    "leased_by": (sa.String(80), True),
    "admitted_at": (MOMENT, True),
    "message_id": (sa.String(200), True),
    "answer": (sa.Text(), True),
    "subject": (sa.Text(), True),
    "body": (sa.Text(), True),
    "queued_at": (MOMENT, False),
    "finished_at": (MOMENT, True),
}
BEFORE = {**OUTBOX, "kind": (sa.String(40), False)}
AFTER = {**OUTBOX, "deaths": (sa.SmallInteger(), False)}
CONDITIONS = {
    "end_has_moment": "(state IN ('waiting', 'sending')) = (finished_at IS NULL)",
    "lang": "lang IN ('da', 'en')",
    "method_has_calendar": "calendar_method IS NULL OR calendar IS NOT NULL",
    "state": "state IN ('waiting', 'sending', 'sent', 'refused', 'given_up', 'held')",
}


def upgrade():
    _create_jobs()
    _move_tasks()
    op.drop_table("worker_task")
    with op.batch_alter_table("worker_heartbeat") as batch_op:
        batch_op.add_column(sa.Column("lane", sa.String(20), nullable=False, server_default="mail"))
    with op.batch_alter_table("worker_heartbeat") as batch_op:
        batch_op.alter_column("lane", server_default=None)
    old = _outbox(BEFORE, {**CONDITIONS, "mail_has_address": ONLY_MAILS, "attempts": "attempts >= 0"})
    with op.batch_alter_table("outbox_mail", copy_from=old) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_mail_mail_has_address"), type_="check")
        batch_op.drop_constraint(op.f("ck_outbox_mail_attempts"), type_="check")
        batch_op.drop_index("ix_outbox_mail_due")
        batch_op.drop_column("kind")
        batch_op.add_column(sa.Column("deaths", sa.SmallInteger(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(op.f("ck_outbox_mail_has_address"), ADDRESSED)
        batch_op.create_check_constraint(op.f("ck_outbox_mail_attempts"), "attempts >= 0 AND deaths >= 0")
    _create_index("due", ["due_at"], WAITING)
    _create_index("held", ["leased_by"], SENDING)


def downgrade():
    """
    :raises RuntimeError: when somebody has asked for a job, for the tables of before have no place for it.
    """
    jobs = sa.table("job", *(sa.column(name) for name in ("kind", "every_seconds")), sa.column("due_at", MOMENT))
    conn = op.get_bind()
    if conn.execute(sa.select(jobs.c.kind).where(jobs.c.every_seconds.is_(None)).limit(1)).first():
        raise RuntimeError("There are jobs, which the tables of before have no place for: restore a backup.")
    op.drop_index("ix_outbox_mail_due", "outbox_mail")
    op.drop_index("ix_outbox_mail_held", "outbox_mail")
    new = _outbox(AFTER, {**CONDITIONS, "has_address": ADDRESSED, "attempts": "attempts >= 0 AND deaths >= 0"})
    with op.batch_alter_table("outbox_mail", copy_from=new) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_mail_has_address"), type_="check")
        batch_op.drop_constraint(op.f("ck_outbox_mail_attempts"), type_="check")
        batch_op.drop_column("deaths")
        batch_op.add_column(sa.Column("kind", sa.String(40), nullable=False, server_default="mail"))
        batch_op.create_check_constraint(op.f("ck_outbox_mail_mail_has_address"), ONLY_MAILS)
        batch_op.create_check_constraint(op.f("ck_outbox_mail_attempts"), "attempts >= 0")
    _create_index("due", ["due_at"], OPEN)
    with op.batch_alter_table("worker_heartbeat") as batch_op:
        batch_op.drop_column("lane")
    tasks = op.create_table(
        "worker_task",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_task")),
    )
    names = {kind: name for name, (kind, _) in TASKS.items()}
    for kind, due_at in conn.execute(sa.select(jobs.c.kind, jobs.c.due_at)).all():
        if kind in names:
            op.execute(tasks.insert().values(name=names[kind], due_at=due_at))
    op.drop_table("job")


def _create_jobs():
    op.create_table(
        "job",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("lane", _closed("lane_name", "recurring", "jobs"), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=True),
        sa.Column("subject_id", sa.String(64), nullable=True),
        sa.Column("dedupe", sa.String(200), nullable=True),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("state", _closed("job_state", "waiting", "running", "done", "failed", "cancelled"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("deaths", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("leased_by", sa.String(80), nullable=True),
        sa.Column("cursor", sa.String(200), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("cancel_asked_at", MOMENT, nullable=True),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "every_seconds IS NOT NULL OR (state IN ('waiting', 'running')) = (finished_at IS NULL)",
            name=op.f("ck_job_end_has_moment"),
        ),
        sa.CheckConstraint("(state = 'running') = (leased_by IS NOT NULL)", name=op.f("ck_job_running_is_held")),
        sa.CheckConstraint("attempts >= 0 AND deaths >= 0", name=op.f("ck_job_attempts")),
        sa.CheckConstraint("done >= 0 AND (total IS NULL OR total >= 0)", name=op.f("ck_job_progress")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_job_dedupe")),
    )
    waiting, running = sa.text("state = 'waiting'"), sa.text("state = 'running'")
    op.create_index("ix_job_due", "job", ["lane", "due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_job_held", "job", ["leased_by"], sqlite_where=running, postgresql_where=running)
    op.create_index(op.f("ix_job_owner_id_queued_at"), "job", ["owner_id", "queued_at"])
    op.create_index(op.f("ix_job_subject_id"), "job", ["subject_id"])


def _closed(name, *members):
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)


def _move_tasks():
    """When each is next due stays; a task that no code knows any more had nothing else to keep."""
    tasks = sa.table("worker_task", sa.column("name"), sa.column("due_at", MOMENT))
    moments = [sa.column("due_at", MOMENT), sa.column("queued_at", MOMENT)]
    others = ("id", "kind", "lane", "arguments", "dedupe", "every_seconds", "state", "attempts", "cursor", "done")
    jobs = sa.table("job", *moments, *(sa.column(name) for name in others))
    for name, due_at in op.get_bind().execute(sa.select(tasks.c.name, tasks.c.due_at)).all():
        if name in TASKS:
            kind, seconds = TASKS[name]
            row = {"id": uuid.uuid4().hex, "kind": kind, "dedupe": f"every:{kind}", "every_seconds": seconds}
            usual = {"lane": "recurring", "arguments": "{}", "state": "waiting", "attempts": 0, "cursor": "", "done": 0}
            op.execute(jobs.insert().values(due_at=due_at, queued_at=due_at, **row, **usual))


def _create_index(name, columns, where):
    condition = sa.text(where)
    op.create_index(
        f"ix_outbox_mail_{name}", "outbox_mail", columns, sqlite_where=condition, postgresql_where=condition
    )


def _outbox(columns, conditions):
    """SQLite tells nothing of a table's conditions, so the table that is built anew is written down here."""
    table = sa.Table(
        "outbox_mail",
        sa.MetaData(),
        *(sa.Column(name, kind, nullable=is_nullable) for name, (kind, is_nullable) in columns.items()),
        *(sa.CheckConstraint(text, name=op.f(f"ck_outbox_mail_{name}")) for name, text in conditions.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mail")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_outbox_mail_dedupe")),
    )
    sa.Index(
        "ix_outbox_mail_limit", table.c.limit_key, table.c.queued_at, sqlite_where=sa.text("limit_key IS NOT NULL")
    )
    sa.Index("ix_outbox_mail_queued_at", table.c.queued_at)
    sa.Index("ix_outbox_mail_subject_id", table.c.subject_id)
    if "kind" in columns:
        sa.Index("ix_outbox_mail_due", table.c.due_at, sqlite_where=sa.text(OPEN))
    return table
